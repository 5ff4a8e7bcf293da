"""Physical lines → logical lines: continuation, comments, directives, and the bodies of heredocs."""

from __future__ import annotations

import re

from onggi.dockerfile.source import SPACES, DockerfileError, Fragment, LogicalLine, Source, Span
from onggi.dockerfile.syntax import Directive, Heredoc

_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_QUOTING = re.compile(r"['\"\\]")


class LineReader:
    """Reads a source from top to bottom."""

    def __init__(self, source: Source, at: int = 0) -> None:
        self._source = source
        self._at = at
        self._comments: list[str] = []
        self.escape = "\\"

    @property
    def at(self) -> int:
        """How many lines are read."""
        return self._at

    def directives(self) -> tuple[Directive, ...]:
        """The directives at the top; the first line that is none ends them. A `#!` line may come before."""
        found: dict[str, Directive] = {}
        if self._source.lines[0].startswith("#!"):
            self._comments.append(self._source.lines[0][1:].strip(SPACES))
            self._at = 1
        while self._at < len(self._source.lines):
            line = self._source.lines[self._at]
            match = _DIRECTIVE.fullmatch(line.lstrip(SPACES))
            if match is None or (name := match[1].lower()) not in _DIRECTIVES:
                break
            if name in found:
                raise self._error(f"the directive {name} is given twice")
            if name == "escape" and match[2] not in ("\\", "`"):
                raise self._error(
                    f"the escape character cannot be {match[2]!r}", hint="it is a backslash or a backtick"
                )
            number = self._at + 1
            found[name] = Directive(name, match[2], Span(number, 1, number, len(line) + 1))
            self._at += 1
        self.escape = found["escape"].value if "escape" in found else "\\"
        return tuple(found.values())

    def read(self) -> LogicalLine | None:
        """The next instruction's line, with the comments before and within it; None at the end."""
        pieces: list[tuple[int, int, int]] = []
        length = 0
        parts: list[str] = []
        empty_lines: list[int] = []
        is_continued = False
        while self._at < len(self._source.lines):
            line = self._source.lines[self._at]
            stripped = line.lstrip(SPACES)
            self._at += 1
            if stripped.startswith("#"):
                self._comments.append(stripped[1:].strip(SPACES))
                continue
            if not stripped:  # an empty line between continuation lines is passed over, as Docker still does
                if is_continued:
                    empty_lines.append(self._at)
                continue
            begin = 0 if parts else len(line) - len(stripped)
            part, is_continued = self._without_continuation(line[begin:])
            if part:
                pieces.append((length, self._at, begin + 1))
                parts.append(part)
                length += len(part)
            if not is_continued:
                break
        text = "".join(parts)
        if not text.strip(SPACES):
            return None
        return LogicalLine(self._source, text, tuple(pieces), self.take_comments(), tuple(empty_lines))

    def take_comments(self) -> tuple[str, ...]:
        """The comments met since the last call."""
        comments, self._comments = tuple(self._comments), []
        return comments

    def heredoc(self, word: Fragment, opening: Heredoc) -> Heredoc:
        """The heredoc that `word` opens with its body, read from the lines that follow."""
        content: list[str] = []
        while self._at < len(self._source.lines):
            line = self._source.lines[self._at]
            self._at += 1
            if (line.lstrip("\t") if opening.strip_tabs else line) == opening.name:
                return Heredoc(opening.name, "".join(content), opening.expand, opening.strip_tabs)
            content.append(line + "\n")
        raise word.error(f"the heredoc {word.text} has no end", hint=f"end it with a line that is just {opening.name}")

    def _without_continuation(self, line: str) -> tuple[str, bool]:
        """A line that ends in one escape character (not two) and blanks goes on in the next line."""
        bare = line.rstrip(" \t")
        is_continued = bare.endswith(self.escape) and not bare.endswith(self.escape * 2)
        return (bare[:-1], True) if is_continued else (line, False)

    def _error(self, sentence: str, *, hint: str = "") -> DockerfileError:
        number = self._at + 1
        return DockerfileError(
            sentence, self._source, Span(number, 1, number, len(self._source.lines[self._at]) + 1), hint=hint
        )


def logical_line(source: Source, escape: str, number: int) -> LogicalLine:
    """The one that begins in line `number`, where an instruction does."""
    reader = LineReader(source, at=number - 1)
    reader.escape = escape
    line = reader.read()
    assert line is not None
    return line


def opening_of(word: str) -> Heredoc | None:
    """The heredoc that a word such as `<<EOF`, `<<-"EOF"` or `3<<EOF` opens, still without content."""
    match = _HEREDOC.fullmatch(word)
    if match is None:
        return None
    name = _QUOTING.sub("", match[2])
    is_name = name and not set(name) & set(SPACES)
    return Heredoc(name, "", name == match[2], match[1] == "-") if is_name else None
