"""Who reads a Dockerfile: where one names an image for it, BuildKit fetches that and runs it
(frontend/dockerfile/builder, build.go). Here it is onggi, always."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.dockerfile.syntax import Dockerfile

_OWN = ("dockerfile", "dockerfile-upstream")
"""What images are called, at Docker Hub and at mirrors, that read a Dockerfile as it is read here."""
_ARGUMENT = "BUILDKIT_SYNTAX"


def is_own(image: str) -> bool:
    """Whether it does what is done here."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0] in _OWN


def passed_over(dockerfile: Dockerfile, build_args: Mapping[str, str]) -> str:
    """The image that is asked for and would read it in another way; "" if there is none."""
    written = next((each.value for each in dockerfile.directives if each.name == "syntax"), "")
    image, *_ = (build_args.get(_ARGUMENT) or written).split(" ")  # what follows is for the frontend
    return image if image and not is_own(image) else ""
