"""Where text stands in a Dockerfile, and how a mistake in it is shown."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from onggi import characters
from onggi.errors import Invalid, OnggiError, Unsupported

SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What separates words: Unicode's White_Space, as BuildKit has it. (Python's strip() takes four more characters.)"""

_EXCERPT_WIDTH = 100
_LONGEST_SENTENCE = 300


def line_end(text: str) -> str:
    """How most lines of a text end: LF, or CRLF."""
    return "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"


class Span(msgspec.Struct, frozen=True):
    """From a line and column to a line and column; all 1-based, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Source(msgspec.Struct, frozen=True):
    """A text to parse and the name that messages give it. `lines` come without their line ends."""

    name: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, text: str, name: str = "Dockerfile") -> Source:
        """A byte order mark is dropped; lines may end in LF or CRLF."""
        return cls(name, tuple(line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")))

    def marked(self, span: Span) -> str:
        """The span's text in its first line."""
        line = self.lines[span.line - 1] if span.line <= len(self.lines) else ""
        return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]

    def excerpt(self, span: Span, columns: int = _EXCERPT_WIDTH) -> str:
        """The first line of the span, with its number and carets beneath. A longer line than `columns` is cut to a
        window."""
        line = self.lines[span.line - 1] if span.line <= len(self.lines) else ""
        start = span.column - 1
        end = span.end_column - 1 if span.end_line == span.line else len(line)
        shift = max(0, start - 2 * columns // 5) if len(line) > columns else 0
        window = characters.visible(line[shift : shift + columns])
        marked = window[start - shift : max(start, end) - shift]
        carets = max(1, characters.width(marked))
        # Tabs stay tabs beneath themselves, so that the carets stand where the eye expects them.
        indent = "".join("\t" if mark == "\t" else " " * characters.width(mark) for mark in window[: start - shift])
        number = f"{span.line:4d}"
        return f"{number} | {window}\n{' ' * len(number)} | {indent}{'^' * carets}"


class _Placed(OnggiError):
    """An error with a place. `sentence` is the bare message; `str()` adds the place before it and the excerpt after."""

    def __init__(self, sentence: str, source: Source, span: Span, *, hint: str = "") -> None:
        if len(sentence) > _LONGEST_SENTENCE:  # it quotes a word, and a word may be as long as the file
            sentence = sentence[:_LONGEST_SENTENCE] + "…"
        hint = "; ".join(filter(None, (hint, characters.oddity(source.marked(span)))))
        super().__init__(f"{source.name}:{span.line}:{span.column}: {sentence}\n{source.excerpt(span)}", hint=hint)
        self.sentence = sentence
        self.source = source
        self.span = span


class DockerfileError(_Placed, Invalid):
    """A mistake in a Dockerfile."""


class OutOfOrder(DockerfileError):
    """An instruction that comes before the first FROM."""


class ForbiddenTrigger(DockerfileError):
    """What cannot stand behind ONBUILD."""


class NotAllowed(DockerfileError):
    """What is right as a Dockerfile, and was not to be built like this."""


class WrongPlatform(NotAllowed):
    """An image that is for another platform than the one that is built for."""


class DockerfileUnsupported(_Placed, Unsupported):
    """Right as Dockerfile, but not something that this version does."""


class LogicalLine(msgspec.Struct, frozen=True):
    """An instruction's text after continuation lines are joined. `pieces` says where each physical line's part begins:
    (offset in `text`, line number, column). `comments` and `empty_lines` were passed over on the way."""

    source: Source
    text: str
    pieces: tuple[tuple[int, int, int], ...]
    comments: tuple[str, ...] = ()
    empty_lines: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> Span:
        """Where text[start:end] stands in the file."""
        line, column = self._position(start)
        end_line, end_column = self._position(end - 1) if end > start else (line, column - 1)
        return Span(line, column, end_line, end_column + 1)

    def _position(self, offset: int) -> tuple[int, int]:
        begin, line, column = self.pieces[bisect_right(self.pieces, (offset, 1 << 62, 0)) - 1]
        return line, column + offset - begin


class Fragment(msgspec.Struct, frozen=True):
    """A part of a logical line: text that knows where it stands."""

    line: LogicalLine
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.line.text[self.start : self.end]

    @property
    def span(self) -> Span:
        return self.line.span(self.start, self.end)

    def part(self, start: int, end: int | None = None) -> Fragment:
        """The part from `start` to `end`, counted from this fragment's beginning."""
        return Fragment(self.line, self.start + start, self.end if end is None else self.start + end)

    def strip(self) -> Fragment:
        text = self.text
        left = len(text) - len(text.lstrip(SPACES))
        return self.part(left, max(left, len(text.rstrip(SPACES))))

    def error(self, sentence: str, *, hint: str = "") -> DockerfileError:
        return DockerfileError(sentence, self.line.source, self.span, hint=hint)
