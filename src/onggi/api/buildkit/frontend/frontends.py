"""Which frontends are served: the one for Dockerfiles, by whatever name it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onggi.dockerfile.lines import LineReader
from onggi.dockerfile.source import Source
from onggi.errors import Unsupported
from onggi.oci import reference

_OF_DOCKERFILES = "dockerfile.v0"
_OF_IMAGE = "gateway.v0"
"""The one that is in an image, which the option `source` names."""
_OWN = ("dockerfile", "dockerfile-upstream")
"""What images are called, at Docker Hub and at mirrors, whose frontend does what is done here."""


def check(name: str, options: Mapping[str, str], dockerfile: str) -> None:
    """dockerfile: its text, "" where it is not known. Raises Unsupported for another one, Invalid for a name that no
    image has."""
    if name not in (_OF_DOCKERFILES, _OF_IMAGE) or (name == _OF_IMAGE and not options.get("source")):
        raise Unsupported(f"there is no frontend {name!r} here", hint=f"{_OF_DOCKERFILES} is, for Dockerfiles")
    for said in _images(name, options, dockerfile):
        image = said.split(" ", 1)[0]  # what follows is for the frontend
        if reference.parse(image).path.rpartition("/")[2] not in _OWN:
            raise Unsupported(
                f"the frontend {image} is not run: Dockerfiles are read without one",
                hint="leave # syntax= and BUILDKIT_SYNTAX out, or say docker/dockerfile:1",
            )


def _images(name: str, options: Mapping[str, str], dockerfile: str) -> Iterator[str]:
    """Where BuildKit looks for one (frontend/dockerfile/builder/build.go)."""
    if name == _OF_IMAGE:
        yield options["source"]
    elif said := options.get("build-arg:BUILDKIT_SYNTAX"):
        yield said
    elif dockerfile:
        directives = LineReader(Source.of(dockerfile)).directives()
        yield from (each.value for each in directives if each.name == "syntax")
