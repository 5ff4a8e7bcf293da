"""Which stages the target needs, what each of them is built on, and which images that takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec

from onggi.dockerfile.parse import FORBIDDEN_TRIGGERS, parse_instruction
from onggi.dockerfile.source import Source
from onggi.dockerfile.syntax import SCRATCH, Add, Copy, Dockerfile, Instruction, OnBuild, Run, Stage, Word
from onggi.errors import Invalid
from onggi.lower import mounts
from onggi.lower.request import (
    BaseImage,
    FolderContext,
    ImageContext,
    ImageName,
    LowerRequest,
    StageContext,
    context_key,
)
from onggi.lower.scope import global_arguments
from onggi.lower.statement import Statement
from onggi.oci import platform as platforms
from onggi.oci import reference
from onggi.oci.platform import Platform
from onggi.suggest import did_you_mean

_NUMBER = re.compile("[0-9]{1,9}")


class StageRoot(msgspec.Struct, frozen=True):
    """An earlier stage, by its index."""

    index: int


class ImageRoot(msgspec.Struct, frozen=True):
    """An image; `scratch` is the empty one."""

    name: ImageName


class ContextRoot(msgspec.Struct, frozen=True):
    """A folder of the caller's: the build context, whose name is "", or a named one."""

    name: str
    ignore: tuple[str, ...]


Root: TypeAlias = StageRoot | ImageRoot | ContextRoot
"""A root file system to build on or to copy from."""


class StageOutline(msgspec.Struct, frozen=True):
    """One needed stage. `opening` is its FROM; `statements` are its instructions in the order they run, triggers of its
    base first; `sources` says for each (by its index in `statements`) where it takes files from: what --from says → a
    root."""

    stage: Stage
    opening: Statement
    base: Root
    statements: tuple[Statement, ...]
    sources: Mapping[int, Mapping[str, Root]]
    platform: Platform


class Outline(msgspec.Struct, frozen=True):
    """The needed stages by index, lowest first, and the one that becomes the image. `images` are all references that
    they name, with the statement that names each first."""

    stages: Mapping[int, StageOutline]
    target: int
    images: Mapping[ImageName, Statement]


def outline(dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage]) -> Outline:
    """Raises DockerfileError for what cannot be resolved. Triggers of images that `bases` does not know yet are not
    in it."""
    return _Outliner(dockerfile, request, bases).outline()


class _Outliner:
    def __init__(self, dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[ImageName, BaseImage]) -> None:
        self._dockerfile = dockerfile
        self._request = request
        self._bases = bases
        self._variables = global_arguments(dockerfile, request)
        self._names = {stage.base.name.text: stage.index for stage in dockerfile.stages if stage.base.name is not None}
        self._images: dict[ImageName, Statement] = {}
        self._context = ContextRoot("", request.ignore)

    def outline(self) -> Outline:
        target = self._target()
        found: dict[int, StageOutline] = {}
        wanted = [target]
        while wanted:
            index = wanted.pop()
            if index in found:
                continue
            found[index] = self._stage(self._dockerfile.stages[index])
            roots = [found[index].base, *(root for each in found[index].sources.values() for root in each.values())]
            wanted += [root.index for root in roots if isinstance(root, StageRoot)]
        return Outline({index: found[index] for index in sorted(found)}, target, self._images)

    def _target(self) -> int:
        name = self._request.target
        if not name:
            return len(self._dockerfile.stages) - 1
        if name.lower() in self._names:
            return self._names[name.lower()]
        if _NUMBER.fullmatch(name) and int(name) < len(self._dockerfile.stages):
            return int(name)
        known = ", ".join(self._names) or "none has a name"
        raise Invalid(
            f"{self._dockerfile.source.name} has no stage {name}{did_you_mean(name, self._names)}",
            hint=f"its stages: {known}",
        )

    def _stage(self, stage: Stage) -> StageOutline:
        opening = self._statement(stage.base)
        platform = self._platform(stage)
        base = self._base(stage, opening, platform)
        statements = (*self._triggers(base, opening), *map(self._statement, stage.instructions))
        sources = {
            number: {name: self._source(item, name, word, stage.index, platform) for name, word in _origins(item)}
            for number, item in enumerate(statements)
        }
        return StageOutline(stage, opening, base, statements, sources, platform)

    def _platform(self, stage: Stage) -> Platform:
        """What the stage is for: what its FROM says, or the FROM of the stage it is built on."""
        opening = self._statement(stage.base)
        below = self._earlier(stage, opening.expand(stage.base.image, self._variables))
        if below is not None:
            return self._platform(below)
        word = stage.base.platform
        text = "" if word is None else opening.expand(word, self._variables)
        if not text:
            return self._request.platform
        try:
            return platforms.parse(text)
        except Invalid as error:
            raise opening.error(str(error), at=word, hint=error.hint) from error

    def _earlier(self, stage: Stage, name: str) -> Stage | None:
        """The stage above this one that has the name."""
        for earlier in reversed(self._dockerfile.stages[: stage.index]):
            if earlier.base.name is not None and earlier.base.name.text == name.lower():
                return earlier
        return None

    def _statement(self, instruction: Instruction) -> Statement:
        line = instruction.origin.span.line
        return Statement(instruction, self._dockerfile.source, line, self._dockerfile.escape)

    def _base(self, stage: Stage, statement: Statement, platform: Platform) -> Root:
        """A name that an earlier stage has is that stage; anything else is an image."""
        word = stage.base.image
        name = statement.expand(word, self._variables)
        if not name:
            raise statement.error(
                f"FROM {word.text} comes to nothing",
                at=word,
                hint="give the variable a default: ARG name=value, before the first FROM",
            )
        earlier = self._earlier(stage, name)
        return self._image(name, word, statement, platform) if earlier is None else self._stage_root(earlier, platform)

    def _stage_root(self, stage: Stage, platform: Platform) -> Root:
        """The stage, unless a named context takes its place."""
        name = stage.base.name
        root = None if name is None else self._context_root(name.text, self._statement(stage.base), platform)
        return root or StageRoot(stage.index)

    def _image(self, name: str, word: Word | None, statement: Statement, platform: Platform) -> Root:
        """An image, or the named context that takes its place."""
        if name == SCRATCH:
            return ImageRoot(ImageName(SCRATCH, platform))
        if root := self._context_root(context_key(name), statement, platform):
            return root
        try:
            familiar = reference.parse(name).familiar()
        except Invalid as error:
            raise statement.error(str(error), at=word, hint=error.hint) from error
        wanted = ImageName(familiar, platform)
        self._images.setdefault(wanted, statement)
        return ImageRoot(wanted)

    def _context_root(self, name: str, statement: Statement, platform: Platform) -> Root | None:
        """The named context of that key: the one for the platform alone, if there is one."""
        contexts = self._request.contexts
        if (exact := f"{name}::{platform}") in contexts:
            name = exact
        context = contexts.get(name)
        match context:
            case None:
                return None
            case FolderContext():
                return ContextRoot(name, context.ignore)
            case StageContext():
                if context.stage not in self._names:
                    raise Invalid(f"--build-context {name}=target:{context.stage}: there is no stage {context.stage}")
                return StageRoot(self._names[context.stage])
            case ImageContext():
                wanted = ImageName(context.reference, platform)
                self._images.setdefault(wanted, statement)
                return ImageRoot(wanted)

    def _triggers(self, base: Root, statement: Statement) -> Iterator[Statement]:
        """What the base asked, by ONBUILD, to have done in its children: an image says it in its configuration, a
        stage in its instructions (not in those that it inherited)."""
        if isinstance(base, StageRoot):
            for instruction in self._dockerfile.stages[base.index].instructions:
                if isinstance(instruction, OnBuild):
                    yield self._statement(instruction.trigger)
        elif isinstance(base, ImageRoot) and base.name in self._bases:
            for text in self._bases[base.name].config.config.on_build:
                source = Source.of(text, f"ONBUILD of {base.name.reference}")
                trigger = parse_instruction(source)
                if trigger.keyword in FORBIDDEN_TRIGGERS:
                    raise statement.error(f"{base.name.reference} has an ONBUILD trigger that is not allowed: {text}")
                yield Statement(trigger, source, statement.line, asked_by=base.name.reference)

    def _source(self, statement: Statement, name: str, word: Word, index: int, platform: Platform) -> Root:
        """--from: a stage's name, its number, a named context or an image; "" is the build context."""
        if not name:
            return self._context
        if "$" in name:
            raise statement.error(
                "--from takes no variables",
                at=word,
                hint="define a stage of its own: FROM with the variable, AS a name, and copy from that name",
            )
        stages = self._dockerfile.stages
        number = int(name) if _NUMBER.fullmatch(name) else self._names.get(name.lower())
        if number is None:
            return self._image(name, word, statement, platform)
        if number >= len(stages):
            raise statement.error(f"there is no stage {name}; they are numbered 0 to {len(stages) - 1}", at=word)
        if number == index:
            raise statement.error(f"stage {stages[index].name} copies from itself", at=word)
        if number > index:
            raise statement.error(
                f"stage {stages[index].name} copies from {stages[number].name}, which comes after it",
                at=word,
                hint=f"move the stage {stages[number].name} up",
            )
        return self._stage_root(stages[number], platform)


def _origins(statement: Statement) -> Iterator[tuple[str, Word]]:
    """What a statement takes files from, each as it is named and the word that names it."""
    match statement.instruction:
        case Copy(stage=stage) if stage is not None:
            yield stage.text, stage
        case Copy(destination=destination) | Add(destination=destination):
            yield "", destination
        case Run(mounts=flags):
            for flag in flags:
                origin = mounts.origin(flag, statement)
                if origin is not None:
                    yield origin, flag
