"""Names of images: which may be given, and that none is taken from another image."""

from __future__ import annotations

import pytest
from tests.api.policies import CI, asked, policy, refused

TAG = "POST /images/{name:.+}/tag"
PUSH = "POST /images/{name:.+}/push"
CREATE = "POST /images/create"


def test_pull_is_no_import() -> None:
    asked(policy("pull"), CREATE, image="busybox")
    assert refused(policy("pull"), CREATE, source="-").status == 403
    assert refused(policy("load"), CREATE, image="busybox").status == 403


def test_names_are_not_taken_from_others() -> None:
    assert refused(policy("build"), "POST /build", tags=("debian:12",)).status == 403
    asked(policy("build"), "POST /build", tags=("debian:13", "ci/app"))
    assert refused(policy("tag"), TAG, {"name": "x"}, repository="debian", tag="12").status == 403
    assert refused(policy("load"), CREATE, source="-", repository="debian", tag="12").status == 403
    assert refused(CI, "POST /commit", container="ours", repository="docker.io/library/debian", tag="12").status == 403


def test_no_image_is_called_as_the_id_of_another_begins() -> None:
    for name in ("e" * 12, f"docker.io/library/{'e' * 12}:1"):
        assert "is taken" in refused(policy("build"), "POST /build", tags=(name,)).message
    asked(policy("build"), "POST /build", tags=("f" * 12, f"ci/{'e' * 12}"))


def test_names_of_a_pattern_may_be_given_anew_and_no_others() -> None:
    limited = policy("build:name=debian:*,push:name=registry.example/ci/*,pull:name=busybox")
    asked(limited, "POST /build", tags=("debian:12",))
    assert refused(limited, "POST /build", tags=("debian:12", "alpine")).status == 403
    asked(limited, PUSH, {"name": "registry.example/ci/app"}, tag="1")
    assert refused(limited, PUSH, {"name": "registry.example/other"}).status == 403
    asked(limited, CREATE, image="docker.io/library/busybox", tag="1.36")
    assert refused(limited, CREATE, image="evil.example/busybox").status == 403


@pytest.mark.parametrize("pattern", ["registry.example/ci/app:latest", "registry.example/ci/app:*"])
def test_one_tag_is_not_all_of_them(pattern: str) -> None:
    """Without a tag all of a repository are pulled and pushed."""
    limited = policy(f"push:name={pattern},pull:name={pattern}")
    name = "registry.example/ci/app"
    asked(limited, PUSH, {"name": name}, tag="latest")
    asked(limited, CREATE, image=name, tag="latest")
    assert refused(limited, PUSH, {"name": name}).status == 403
    assert refused(limited, CREATE, image=name).status == 403
    assert refused(limited, CREATE, image=f"{name}:").status == 403


def test_what_is_judged_is_what_is_handled() -> None:
    """A digest for a tag, and a repository that brings its own."""
    digest = f"sha256:{'0' * 64}"
    assert asked(policy("pull"), CREATE, image="busybox", tag=digest).query.pulled == f"busybox@{digest}"
    assert asked(policy("pull"), CREATE, image="busybox:", tag="").query.pulled == "busybox"
    assert asked(policy("tag"), TAG, {"name": "x"}, repository="ci/app", tag="1").query.reference == "ci/app:1"
