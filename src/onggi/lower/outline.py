"""Which stages the target needs, what each of them is built on, and which images that takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec

from onggi.dockerfile.parse import FORBIDDEN_TRIGGERS, parse_instruction
from onggi.dockerfile.source import Source
from onggi.dockerfile.syntax import Copy, Dockerfile, Instruction, OnBuild, Stage, Word
from onggi.errors import Invalid
from onggi.lower.request import BaseImage, LowerRequest
from onggi.lower.scope import global_arguments
from onggi.lower.statement import Statement
from onggi.oci import reference
from onggi.suggest import did_you_mean

SCRATCH = "scratch"
_NUMBER = re.compile("[0-9]{1,9}")


class StageRoot(msgspec.Struct, frozen=True):
    """An earlier stage, by its index."""

    index: int


class ImageRoot(msgspec.Struct, frozen=True):
    """An image, by its reference in familiar form (`node:18-slim`); `scratch` is the empty one."""

    reference: str


Root: TypeAlias = StageRoot | ImageRoot
"""A root file system to build on or to copy from."""


class StageOutline(msgspec.Struct, frozen=True):
    """One needed stage. `opening` is its FROM; `statements` are its instructions in the order they run, triggers of its
    base first; `sources` says for the COPY --from ones (by their index in `statements`) where they copy from."""

    stage: Stage
    opening: Statement
    base: Root
    statements: tuple[Statement, ...]
    sources: Mapping[int, Root]


class Outline(msgspec.Struct, frozen=True):
    """The needed stages by index, lowest first, and the one that becomes the image. `images` are all references that
    they name, with the statement that names each first."""

    stages: Mapping[int, StageOutline]
    target: int
    images: Mapping[str, Statement]


def outline(dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[str, BaseImage]) -> Outline:
    """Raises DockerfileError for what cannot be resolved. Triggers of images that `bases` does not know yet are not
    in it."""
    return _Outliner(dockerfile, request, bases).outline()


class _Outliner:
    def __init__(self, dockerfile: Dockerfile, request: LowerRequest, bases: Mapping[str, BaseImage]) -> None:
        self._dockerfile = dockerfile
        self._request = request
        self._bases = bases
        self._variables = global_arguments(dockerfile, request)
        self._names = {stage.base.name.text: stage.index for stage in dockerfile.stages if stage.base.name is not None}
        self._images: dict[str, Statement] = {}

    def outline(self) -> Outline:
        target = self._target()
        found: dict[int, StageOutline] = {}
        wanted = [target]
        while wanted:
            index = wanted.pop()
            if index in found:
                continue
            found[index] = self._stage(self._dockerfile.stages[index])
            origins = (found[index].base, *found[index].sources.values())
            wanted += [origin.index for origin in origins if isinstance(origin, StageRoot)]
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
        base = self._base(stage, opening)
        statements = (*self._triggers(base, opening), *map(self._statement, stage.instructions))
        sources = {
            number: self._copy_root(item, item.instruction.stage, stage.index)
            for number, item in enumerate(statements)
            if isinstance(item.instruction, Copy) and item.instruction.stage is not None
        }
        return StageOutline(stage, opening, base, statements, sources)

    def _statement(self, instruction: Instruction) -> Statement:
        line = instruction.origin.span.line
        return Statement(instruction, self._dockerfile.source, line, self._dockerfile.escape)

    def _base(self, stage: Stage, statement: Statement) -> Root:
        """A name that an earlier stage has is that stage; anything else is an image."""
        word = stage.base.image
        name = statement.expand(word, self._variables)
        if not name:
            raise statement.error(
                f"FROM {word.text} comes to nothing",
                at=word,
                hint="give the variable a default: ARG name=value, before the first FROM",
            )
        for earlier in reversed(self._dockerfile.stages[: stage.index]):
            if earlier.base.name is not None and earlier.base.name.text == name.lower():
                return StageRoot(earlier.index)
        return self._image(name, word, statement)

    def _image(self, name: str, word: Word, statement: Statement) -> ImageRoot:
        if name == SCRATCH:
            return ImageRoot(SCRATCH)
        try:
            familiar = reference.parse(name).familiar()
        except Invalid as error:
            raise statement.error(str(error), at=word, hint=error.hint) from error
        self._images.setdefault(familiar, statement)
        return ImageRoot(familiar)

    def _triggers(self, base: Root, statement: Statement) -> Iterator[Statement]:
        """What the base asked, by ONBUILD, to have done in its children: an image says it in its configuration, a
        stage in its instructions (not in those that it inherited)."""
        if isinstance(base, StageRoot):
            for instruction in self._dockerfile.stages[base.index].instructions:
                if isinstance(instruction, OnBuild):
                    yield self._statement(instruction.trigger)
        elif base.reference in self._bases:
            for text in self._bases[base.reference].config.config.on_build:
                source = Source.of(text, f"ONBUILD of {base.reference}")
                trigger = parse_instruction(source)
                if trigger.keyword in FORBIDDEN_TRIGGERS:
                    raise statement.error(f"{base.reference} has an ONBUILD trigger that is not allowed: {text}")
                yield Statement(trigger, source, statement.line)

    def _copy_root(self, statement: Statement, word: Word, index: int) -> Root:
        """--from: a stage's name, its number, or an image."""
        name = word.text
        if "$" in name:
            raise statement.error(
                "--from takes no variables",
                at=word,
                hint="define a stage of its own: FROM with the variable, AS a name, and copy from that name",
            )
        stages = self._dockerfile.stages
        number = int(name) if _NUMBER.fullmatch(name) else self._names.get(name.lower())
        if number is None:
            return self._image(name, word, statement)
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
        return StageRoot(number)
