"""A text in an editor, and what can be read of it while it is being written."""

from __future__ import annotations

from functools import cached_property

import msgspec

from onggi.dockerfile.lines import LineReader
from onggi.dockerfile.parse import parse_all
from onggi.dockerfile.source import DockerfileError, Source, Span
from onggi.dockerfile.syntax import Dockerfile, Instruction, Stage, last_line


class Document(msgspec.Struct, frozen=True, dict=True):
    """Lines and columns are those of spans: 1-based, in characters. `version` is the editor's number for the text."""

    text: str
    version: int | None = None

    @cached_property
    def dockerfile(self) -> Dockerfile:
        """Without the instructions that have a mistake."""
        return parse_all(self.text)[0]

    @cached_property
    def source(self) -> Source:
        return Source.of(self.text)

    @cached_property
    def escape(self) -> str:
        """Also of a file that is nothing else yet."""
        reader = LineReader(self.source)
        try:
            reader.directives()
        except DockerfileError:
            return "\\"
        return reader.escape

    def line(self, number: int) -> str:
        """Its text; "" behind the last."""
        return self.source.lines[number - 1] if number <= len(self.source.lines) else ""

    def instruction_at(self, line: int) -> Instruction | None:
        """The one that the line belongs to, as a line of a heredoc does too."""
        every = self.dockerfile.instructions()
        return next((item for item in every if item.origin.span.line <= line <= last_line(item)), None)

    def stage_at(self, line: int) -> Stage | None:
        """The one whose FROM is the last above the line, or in it."""
        above = [stage for stage in self.dockerfile.stages if stage.base.origin.span.line <= line]
        return above[-1] if above else None


def holds(span: Span, line: int, column: int) -> bool:
    """Whether a place is in a span, or right behind it, where a cursor stands after typing."""
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)
