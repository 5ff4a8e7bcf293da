from __future__ import annotations

import pytest

from onggi.errors import Invalid
from onggi.oci import reference

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "full", "familiar"),
    [
        ("node", "docker.io/library/node:latest", "node:latest"),
        ("node:18-slim", "docker.io/library/node:18-slim", "node:18-slim"),
        ("library/node", "docker.io/library/node:latest", "node:latest"),
        ("team/api", "docker.io/team/api:latest", "team/api:latest"),
        ("docker.io/node", "docker.io/library/node:latest", "node:latest"),
        ("index.docker.io/team/api", "docker.io/team/api:latest", "team/api:latest"),
        ("localhost/api", "localhost/api:latest", "localhost/api:latest"),
        ("localhost:5000/api:1", "localhost:5000/api:1", "localhost:5000/api:1"),
        ("ghcr.io/a/b/c", "ghcr.io/a/b/c:latest", "ghcr.io/a/b/c:latest"),
        ("Host/api", "Host/api:latest", "Host/api:latest"),  # no path has capitals, so this is a registry
        ("[::1]:5000/api", "[::1]:5000/api:latest", "[::1]:5000/api:latest"),
        ("team/a__b.c-d--e", "docker.io/team/a__b.c-d--e:latest", "team/a__b.c-d--e:latest"),
        (f"node@{DIGEST}", f"docker.io/library/node@{DIGEST}", f"node@{DIGEST}"),
        (f"node:18@{DIGEST}", f"docker.io/library/node:18@{DIGEST}", f"node:18@{DIGEST}"),
    ],
)
def test_names_as_people_write_them(text: str, full: str, familiar: str) -> None:
    name = reference.parse(text)
    assert (str(name), name.familiar()) == (full, familiar)
    assert reference.parse(full) == reference.parse(familiar) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is not a repository name"),
        ("Node", "repository name must be lowercase"),
        ("a//b", "is not a repository name"),
        ("a___b", "is not a repository name"),
        ("-a", "is not a repository name"),
        ("https://host/api", "is not a repository name"),
        ("node:", "'' is not a tag"),  # FROM node:${VERSION} must not become node:latest
        ("node:-1", "'-1' is not a tag"),
        ("node:" + "1" * 129, "is not a tag"),
        ("node@", "'' is not a sha256 digest"),
        ("node@sha256:0", "is not a sha256 digest"),
        ("0" * 64, "an image's ID"),
        ("a" * 256, "at most 255 characters"),
    ],
)
def test_what_is_no_name(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=f"invalid reference .*{reason}"):
        reference.parse(text)
