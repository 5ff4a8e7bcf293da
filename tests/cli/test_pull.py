from __future__ import annotations

import json

import pytest

from onggi.engine.registry.progress import Began, Ended
from onggi.engine.registry.pull import Pulled
from onggi.engine.types import PullRequest
from onggi.errors import NotFound
from onggi.oci import platform, reference
from onggi.oci.platform import Platform

from .fake import ID, FakeEngine, call

DEBIAN = reference.parse("debian:12")
DIGEST = "sha256:" + "d" * 64
IMAGE = "sha256:" + ID


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine()
    engine.pull_events = (
        Began(reference=DEBIAN, host="docker.io"),
        Ended(reference=DEBIAN, digest=DIGEST, is_new=True),
    )
    engine.pulled = [Pulled(reference=DEBIAN, digest=DIGEST, id=IMAGE, platform=platform.of_host(), is_new=True)]
    return engine


def test_it_ends_with_digest_status_and_name(engine: FakeEngine) -> None:
    told = call(engine, "pull", "debian:12")
    assert told.out.splitlines() == [
        "12: Pulling from library/debian",
        f"Digest: {DIGEST}",
        "Status: Downloaded newer image for debian:12",
        "docker.io/library/debian:12",
    ]
    assert (told.err, told.code) == ("", 0)


def test_a_name_without_a_tag_is_told_which_it_gets(engine: FakeEngine) -> None:
    assert call(engine, "pull", "debian").out.startswith("Using default tag: latest\n")
    for name in ("debian:12", f"debian@{DIGEST}", "--all-tags"):
        assert "default tag" not in call(engine, "pull", name, *(["debian"] if name[0] == "-" else [])).out


def test_quietly_it_prints_the_name_alone(engine: FakeEngine) -> None:
    assert call(engine, "pull", "-q", "debian") == ("docker.io/library/debian:12\n", "", 0)


def test_programs_are_told_documents(engine: FakeEngine) -> None:
    began, ended = map(json.loads, call(engine, "pull", "--progress", "json", "debian:12").out.splitlines())
    assert began == {"event": "began", "reference": "docker.io/library/debian:12", "host": "docker.io"}
    assert (ended["event"], ended["digest"], ended["is_new"]) == ("ended", DIGEST, True)


def test_what_it_asks_for(engine: FakeEngine) -> None:
    call(engine, "pull", "--platform", "linux/arm64", "--verify", "a.pub", "--verify", "b.pub", "debian:12")
    (request,) = engine.pulls
    assert (request.name, request.platform) == ("debian:12", Platform("arm64"))
    assert [path.name for path in request.keys] == ["a.pub", "b.pub"]
    call(engine, "pull", "-a", "debian")
    assert engine.pulls[-1] == PullRequest(name="debian", all_tags=True)
    call(engine, "pull", "debian", environ={"DOCKER_DEFAULT_PLATFORM": "linux/s390x"})
    assert engine.pulls[-1].platform == Platform("s390x")


def test_a_tag_and_all_tags_exclude_each_other(engine: FakeEngine) -> None:
    told = call(engine, "pull", "-a", "debian:12")
    assert (told.code, engine.pulls) == (1, [])
    assert "tag can't be used with --all-tags/-a" in told.err


def test_an_image_that_this_machine_does_not_run_is_a_warning(engine: FakeEngine) -> None:
    other = Pulled(reference=DEBIAN, digest=DIGEST, id=IMAGE, platform=Platform("s390x"), is_new=True)
    engine.pulled = [other]
    assert "WARNING: debian:12 is an image for linux/s390x, and this machine is" in call(engine, "pull", "debian").err


def test_run_pulls_what_is_missing_and_says_so_on_stderr(engine: FakeEngine) -> None:
    engine.images.missing = {"debian:12"}
    told = call(engine, "create", "debian:12")
    assert told.err.splitlines() == [
        "Unable to find image 'debian:12' locally",
        "12: Pulling from library/debian",
        f"Digest: {DIGEST}",
        "Status: Downloaded newer image for debian:12",
    ]
    assert (told.out.strip(), told.code) == (ID, 0), "its output is the container's"
    assert call(engine, "create", "-q", "debian:12").err == ""
    assert len(engine.pulls) == 2


@pytest.mark.parametrize(("policy", "is_missing", "pulls"), [
    ("always", True, 1),
    ("always", False, 1),
    ("missing", True, 1),
    ("missing", False, 0),
    ("never", True, 0),
    ("never", False, 0),
])  # fmt: skip
def test_when_run_pulls(engine: FakeEngine, policy: str, is_missing: bool, pulls: int) -> None:
    engine.images.missing = {"debian"} if is_missing else set()
    call(engine, "run", "-d", "--pull", policy, "debian")
    assert len(engine.pulls) == pulls


def test_run_that_cannot_pull_ends_with_125(engine: FakeEngine) -> None:
    engine.images.missing, engine.fails = {"debian"}, NotFound("docker.io/library/debian:latest is not there")
    assert call(engine, "run", "debian").code == 125
