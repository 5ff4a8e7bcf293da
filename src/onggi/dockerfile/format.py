"""Text → the same Dockerfile in one style (docs/fmt.md). What a person chose stays: comments, where lines break, blank
lines, the scripts of a shell and what is in heredocs. What is built is the same, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from onggi.dockerfile.lines import LineReader
from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import SPACES, DockerfileError, Fragment, LogicalLine, Source, line_end
from onggi.dockerfile.syntax import Dockerfile, From, Instruction, heredoc_lines
from onggi.dockerfile.tokens import Token, tokens

INDENT = "    "
"""What continuation lines begin with."""


def format(text: str, name: str = "Dockerfile") -> str:  # noqa: A001 - the verb that belongs to parse
    """Formatting again changes nothing. Lines end as most of them do. Raises DockerfileError."""
    lines = _lines(parse(text, name))
    end = line_end(text)
    return "".join(line + end for line in lines)


def _lines(dockerfile: Dockerfile) -> list[str]:
    source = dockerfile.source
    header = [source.lines[0].rstrip(SPACES)] if source.lines[0].startswith("#!") else []
    header += [f"# {directive.name}={directive.value}" for directive in dockerfile.directives]
    found = list(header)
    at = len(header)  # lines that are done
    for instruction in dockerfile.instructions():
        written = _Written.of(source, instruction, dockerfile.escape)
        between = _between(source.lines[at : written.begin])
        is_next_stage = isinstance(instruction, From) and instruction is not dockerfile.stages[0].base
        if is_next_stage and "" not in between:
            between.insert(0, "")
        found += between
        found += written.formatted()
        at = written.end + heredoc_lines(instruction)
        found += source.lines[written.end : at]
    found += _between(source.lines[at:])
    return _trimmed(found, is_header_empty=not dockerfile.directives)


def _between(lines: Sequence[str]) -> list[str]:
    """Comments, and one empty line for several. An escape character alone in its line is as empty."""
    found: list[str] = []
    for line in lines:
        comment = line.strip(SPACES) if line.lstrip(SPACES).startswith("#") else ""
        if comment or not found or found[-1]:
            found.append(comment)
    return found


def _trimmed(lines: list[str], *, is_header_empty: bool) -> list[str]:
    """Without empty lines at both ends; but one stays before a first comment that would become a directive."""
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return ["", *lines] if is_header_empty and _has_directives(lines) else lines


def _has_directives(lines: Sequence[str]) -> bool:
    try:
        return bool(LineReader(Source("", tuple(lines))).directives())
    except DockerfileError:
        return True


class _Break(msgspec.Struct, frozen=True):
    """Where a line ends within an instruction: before which offset of its text, and the comment lines that follow."""

    offset: int
    comments: tuple[str, ...]


class _Written(msgspec.Struct, frozen=True):
    """How an instruction stands in the file: in lines[begin:end], heredocs not counted."""

    instruction: Instruction
    line: LogicalLine
    begin: int
    end: int
    escape: str

    @classmethod
    def of(cls, source: Source, instruction: Instruction, escape: str) -> _Written:
        begin = instruction.origin.span.line - 1
        reader = LineReader(source, begin)
        reader.escape = escape
        line = reader.read()
        assert line is not None
        return cls(instruction, line, begin, reader.at, escape)

    def formatted(self) -> list[str]:
        """Its lines. They stay as they are where blanks that nobody counts keep the last from going on in the next."""
        text = self._text()
        bare = text.rstrip(" \t")
        is_open = bare.endswith(self.escape) and not bare.endswith(self.escape * 2)
        return [*self.line.source.lines[self.begin : self.end]] if is_open else text.split("\n")

    def _text(self) -> str:
        breaks = self._breaks()
        whole = Fragment(self.line, 0, len(self.line.text)).strip()
        text = ""
        end = 0
        for token in tokens(whole, self.instruction, self.escape):
            fragment = token.fragment
            before = [item for item in breaks if end <= item.offset <= fragment.start and item.offset]
            text += self._turn(before, INDENT) + INDENT if before else token.glue if text else ""
            text += self._token(token, [item for item in breaks if fragment.start < item.offset < fragment.end])
            end = fragment.end
        behind = [item for item in breaks if item.offset >= end and item.comments]
        return text + self._turn(behind, INDENT).removesuffix("\n") if behind else text

    def _breaks(self) -> list[_Break]:
        """Where the lines break, and what is behind the last of them before the next instruction."""
        numbers = [number for _, number, _ in self.line.pieces]
        offsets = [offset for offset, _, _ in self.line.pieces]
        return [
            _Break(offset, self._comments(number, next_number - 1))
            for offset, number, next_number in zip(
                [*offsets[1:], len(self.line.text)], numbers, [*numbers[1:], self.end + 1], strict=True
            )
        ]

    def _comments(self, begin: int, end: int) -> tuple[str, ...]:
        lines = (line.rstrip(SPACES) for line in self.line.source.lines[begin:end])
        return tuple(line for line in lines if line.lstrip(SPACES).startswith("#"))

    def _turn(self, breaks: Sequence[_Break], indent: str) -> str:
        """From one line to the next, in blanks that do not count."""
        comments = [f"{indent}{comment.lstrip(SPACES)}\n" for item in breaks for comment in item.comments]
        return f" {self.escape}\n{''.join(comments)}"

    def _token(self, token: Token, breaks: Sequence[_Break]) -> str:
        """A token that breaks off within is left as it is: the blanks there are part of it."""
        fragment = token.fragment
        if not breaks:
            return fragment.text if token.text is None else token.text
        text = ""
        start = fragment.start
        for item in breaks:
            text += self.line.text[start : item.offset] + self.escape + "\n"
            text += "".join(f"{comment}\n" for comment in item.comments)
            start = item.offset
        return text + self.line.text[start : fragment.end]
