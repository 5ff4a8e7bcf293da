"""What lowering must be given: asked before anything is lowered, so that lowering itself asks nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from onggi.dockerfile.source import DockerfileError
from onggi.dockerfile.syntax import Copy, Dockerfile, From, Run, Word
from onggi.errors import Invalid, OnggiError
from onggi.lower import mounts
from onggi.lower.outline import outline
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.lower.statement import Statement
from onggi.oci import reference
from onggi.suggest import did_you_mean, nearest

_MOST_TOLD = 5


def needs(dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage]) -> tuple[ImageName, ...]:
    """The images that the target needs and `bases` lacks. Ask again with them added:
    triggers of an image can name more. Empty when `lower` has all it needs."""
    return tuple(name for name in outline(dockerfile, request, bases).images if name not in bases)


def missing(
    dockerfile: Dockerfile,
    request: LowerRequest,
    bases: Mapping[ImageName, BaseImage],
    name: ImageName,
    here: Collection[str] = (),
    reason: OnggiError | None = None,
) -> DockerfileError:
    """What to raise when an image that `needs` named is nowhere: it shows who names it, and a stage, a named context or
    an image that it may have meant. `here` are the images that there are, as familiar references; `reason` is why no
    registry gave it."""
    statement = outline(dockerfile, request, bases).images[name]
    return unknown_image(name.reference, statement, dockerfile, request.contexts, here, reason)


def unknown_image(
    name: str,
    statement: Statement,
    dockerfile: Dockerfile,
    contexts: Iterable[str] = (),
    here: Collection[str] = (),
    reason: OnggiError | None = None,
) -> DockerfileError:
    """The image `name`, which `statement` names, is not known."""
    written, word = _naming(statement, name)
    stages = [stage.base.name.text for stage in dockerfile.stages if stage.base.name is not None]
    if written in stages:
        return statement.error(
            f"there is no image {written}, and the stage {written} does not come before this line",
            at=word,
            hint="a stage can only use stages above it",
        )
    if reason is not None and name in here:
        return statement.error(
            f"the image {written} is here, but cannot be pulled: {reason.message}", at=word, hint=reason.hint
        )
    if reason is not None and written in contexts:
        return statement.error(
            f"the image that the context {written} names cannot be pulled: {reason.message}", at=word, hint=reason.hint
        )
    guess = did_you_mean(written, [*stages, *contexts]) or _images_like(name, here)
    sentence = f"there is neither a stage nor an image {written}{guess}"
    if reason is None:
        return statement.error(sentence, at=word, hint=_way_on(name))
    return statement.error(
        f"{sentence} (it cannot be pulled: {reason.message})", at=word, hint=reason.hint or _way_on(name)
    )


def _naming(statement: Statement, name: str) -> tuple[str, Word | None]:
    """How the statement writes the image, and the word that it stands in. What a variable makes is shown as that."""
    match statement.instruction:
        case From(image=word) | Copy(stage=Word() as word):
            return (name if "$" in word.text else word.text), word
        case Run(mounts=flags):
            for flag in flags:
                origin = mounts.origin(flag, statement)
                if origin and _familiar(origin) == name:
                    return origin, flag
    return name, None


def _familiar(text: str) -> str:
    try:
        return reference.parse(text).familiar()
    except Invalid:  # a stage's name may be none of an image
        return text


def _images_like(name: str, here: Iterable[str]) -> str:
    """The other tags of the same repository, or the image whose name is nearly the same."""
    wanted = reference.parse(name)
    repositories: dict[str, list[str]] = {}
    for each in here:
        repositories.setdefault(reference.parse(each).familiar_name(), []).append(each)
    own = repositories.get(wanted.familiar_name(), [])
    if own:
        more = " and others" if len(own) > _MOST_TOLD else ""
        return f"; there is {', '.join(own[:_MOST_TOLD])}{more}"
    near = repositories.get(nearest(wanted.familiar_name(), repositories) or "", [])
    return f"; did you mean {nearest(name, near) or near[0]}?" if near else ""


def _way_on(name: str) -> str:
    if "@" in name:
        return "`onggi images --digests` lists those that are here"
    return f"make the image known first: onggi load, import, or build -t {name}"
