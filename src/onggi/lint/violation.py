"""What a rule tells, in each language that onggi speaks, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Instruction

Language: TypeAlias = Literal["en", "ko"]


class Text(msgspec.Struct, frozen=True):
    """The same in each language."""

    en: str
    ko: str

    def format(self, **values: str | Text) -> Text:
        """With `{name}` replaced, by a text in the same language."""
        return Text(self._filled("en", values), self._filled("ko", values))

    def language(self, language: Language) -> str:
        return self.ko if language == "ko" else self.en

    def _filled(self, language: Language, values: Mapping[str, str | Text]) -> str:
        own = {name: each.language(language) if isinstance(each, Text) else each for name, each in values.items()}
        return self.language(language).format(**own)


class Edit(msgspec.Struct, frozen=True):
    """Puts `text` in the place of `span`; an empty span is an insertion."""

    span: Span
    text: str


def behind(span: Span, text: str) -> Edit:
    """Puts `text` right behind a place."""
    return Edit(Span(span.end_line, span.end_column, span.end_line, span.end_column), text)


class Fix(msgspec.Struct, frozen=True):
    """How to mend it: edits that do not overlap. A safe one leaves what is built as it is, or changes just what its
    rule is about; one that is not may change the result, and is made only when asked for."""

    edits: tuple[Edit, ...]
    is_safe: bool = True


class Violation(msgspec.Struct, frozen=True):
    """One place where a rule does not hold: in which instruction, where exactly, and what to tell. `lines` are the
    first and the last line of the place, where these are not the instruction's. `fix` mends it, where a program can.
    `twin_line` is where the rule's twin tells the same, if that is at another instruction."""

    instruction: Instruction
    span: Span
    message: Text
    lines: tuple[int, int] | None = None
    fix: Fix | None = None
    twin_line: int | None = None


def listed(names: Sequence[str], most: int) -> str:
    """`curl, git, …`: the first of them."""
    return ", ".join([*names[:most], *(["…"] if len(names) > most else [])])
