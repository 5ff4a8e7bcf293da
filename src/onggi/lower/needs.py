"""What lowering must be given: asked before anything is lowered, so that lowering itself asks nobody."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.dockerfile.source import DockerfileError
from onggi.dockerfile.syntax import Copy, Dockerfile, From
from onggi.lower.outline import outline
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.lower.statement import Statement
from onggi.suggest import did_you_mean


def needs(dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage]) -> tuple[ImageName, ...]:
    """The images that the target needs and `bases` lacks. Ask again with them added:
    triggers of an image can name more. Empty when `lower` has all it needs."""
    return tuple(name for name in outline(dockerfile, request, bases).images if name not in bases)


def missing(
    dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage], name: ImageName
) -> DockerfileError:
    """What to raise when an image that `needs` named is nowhere: it shows who names it, and a stage it may have
    meant."""
    return unknown_image(name.reference, outline(dockerfile, request, bases).images[name], dockerfile)


def unknown_image(name: str, statement: Statement, dockerfile: Dockerfile) -> DockerfileError:
    """The image `name`, which `statement` names, is not known."""
    instruction = statement.instruction
    word = instruction.image if isinstance(instruction, From) else None
    if isinstance(instruction, Copy):
        word = instruction.stage
    written = word.text if word is not None else name
    stages = [stage.base.name.text for stage in dockerfile.stages if stage.base.name is not None]
    if written in stages:
        return statement.error(
            f"there is no image {written}, and the stage {written} does not come before this line",
            at=word,
            hint="a stage can only use stages above it",
        )
    return statement.error(
        f"there is neither a stage nor an image {written}{did_you_mean(written, stages)}",
        at=word,
        hint=f"make the image known first: onggi load, import, or build -t {name}",
    )
