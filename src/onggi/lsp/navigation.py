"""Where things are: the stages of a file, and the stage that a word means."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Copy, From, Instruction, OnBuild, Run, Stage, Word, last_line
from onggi.lsp.document import Document, holds

_MOUNT_FROM = re.compile(r"(?:^|,)from=([^,]*)")


class Symbol(msgspec.Struct, frozen=True):
    """A stage, or an instruction of one. `span` is all of it, `name_span` what names it."""

    name: str
    detail: str
    span: Span
    name_span: Span
    children: tuple[Symbol, ...] = ()


def symbols(document: Document) -> list[Symbol]:
    """The ARGs above the first FROM, then the stages with what is in them."""
    return [*map(_symbol, document.dockerfile.arguments), *map(_stage, document.dockerfile.stages)]


def _stage(stage: Stage) -> Symbol:
    base = stage.base
    name = base.name.text if base.name is not None else f"stage {stage.index}"
    children = tuple(map(_symbol, stage.instructions))
    end = children[-1].span if children else base.origin.span
    span = Span(base.origin.span.line, base.origin.span.column, end.end_line, end.end_column)
    return Symbol(name, f"FROM {base.image.text}", span, (base.name or base.image).span, children)


def _symbol(instruction: Instruction) -> Symbol:
    span = instruction.origin.span
    if last_line(instruction) > span.end_line:  # to the end of its heredocs
        span = Span(span.line, span.column, last_line(instruction) + 1, 1)
    keyword = instruction.origin.keywords[0]
    text = instruction.origin.text[len(keyword.text) :].strip()
    return Symbol(instruction.keyword, " ".join(text.split()), span, keyword.span)


def definition(document: Document, line: int, column: int) -> Span | None:
    """The name of the stage that the word at a place means, where it is given; its FROM if it has a number only."""
    own = document.stage_at(line)
    instruction = document.instruction_at(line)
    if own is None or instruction is None:
        return None
    for word, name in _stage_words(instruction):
        if holds(word.span, line, column):
            return _named(document.dockerfile.stages[: own.index], name, is_base=isinstance(instruction, From))
    return None


def _stage_words(instruction: Instruction) -> Iterator[tuple[Word, str]]:
    """Words that may mean a stage, and the name in them."""
    match instruction:
        case OnBuild(trigger=trigger):
            yield from _stage_words(trigger)
        case From(image=word) | Copy(stage=Word() as word):
            yield word, word.text
        case Run(mounts=mounts):
            for mount in mounts:
                match = _MOUNT_FROM.search(mount.text)
                if match is not None:
                    yield mount, match[1]


def _named(earlier: tuple[Stage, ...], name: str, *, is_base: bool) -> Span | None:
    for stage in reversed(earlier):
        if stage.base.name is not None and stage.base.name.text == name.lower():
            return stage.base.name.span
        if not is_base and str(stage.index) == name:
            return stage.base.image.span
    return None
