"""What is being written at a place: which instruction, and which of its words. Works on what does not parse yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from onggi.dockerfile.arguments import flag_words, keyword_and_rest
from onggi.dockerfile.lines import LineReader
from onggi.dockerfile.parse import WITH_HEREDOCS, openings
from onggi.dockerfile.source import SPACES, DockerfileError, Fragment
from onggi.dockerfile.syntax import Heredoc, OnBuild
from onggi.lsp.document import Document

_WORD = re.compile(rf"[^{re.escape(SPACES)}]*\Z")


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """`keyword` in capitals, "" where it is still to be written; `words` are those between it and the one that is being
    written: `word`, as far as it goes, which begins at `column`. Of a comment `words` are empty, and `word` is all of
    it."""

    kind: Literal["instruction", "comment", "heredoc"]
    keyword: str = ""
    words: tuple[str, ...] = ()
    word: str = ""
    column: int = 1

    @property
    def is_among_flags(self) -> bool:
        """Whether what is being written can be a flag."""
        return all(word.startswith("--") and word != "--" for word in self.words)


class _Statement(msgspec.Struct, frozen=True):
    """The lines of an instruction, and those of its heredocs: [begin, end) and [end, behind), from 1."""

    begin: int
    end: int
    behind: int


def cursor(document: Document, line: int, column: int) -> Cursor:
    """What is before the place counts, what is behind it does not."""
    before = document.line(line)[: column - 1]
    statement = next((item for item in _statements(document) if item.begin <= line < item.behind), None)
    if statement is not None and line >= statement.end:
        return Cursor(kind="heredoc", word=before)
    if before.lstrip(SPACES).startswith("#"):
        return Cursor(kind="comment", word=before)
    begin = statement.begin if statement is not None else line
    earlier = "".join(_continued(document, number) for number in range(begin, line))
    return _words(earlier, before, column)


def _words(earlier: str, before: str, column: int) -> Cursor:
    word = _WORD.findall(before)[0]
    words = (earlier + before[: len(before) - len(word)]).split()
    while len(words) > 1 and words[0].upper() == OnBuild.keyword:
        words = words[1:]
    if [item.upper() for item in words] == [OnBuild.keyword]:
        words = []
    keyword = words[0].upper() if words else ""
    return Cursor(kind="instruction", keyword=keyword, words=tuple(words[1:]), word=word, column=column - len(word))


def _continued(document: Document, number: int) -> str:
    """A line's part of an instruction that goes on."""
    text = document.line(number)
    if text.lstrip(SPACES).startswith("#"):
        return ""
    return text.rstrip(" \t").removesuffix(document.escape) + " "


def _statements(document: Document) -> Iterator[_Statement]:
    reader = LineReader(document.source)
    try:
        reader.directives()
    except DockerfileError:
        return
    begin = reader.at + 1
    while (line := reader.read()) is not None:
        end = reader.at + 1
        whole = Fragment(line, 0, len(line.text)).strip()
        try:
            for word, opening in _opened(whole):
                reader.heredoc(word, opening)
        except DockerfileError:
            pass  # a heredoc that has no end yet goes on to the last line
        yield _Statement(max(begin, line.pieces[0][1]), end, reader.at + 1)
        begin = reader.at + 1


def _opened(whole: Fragment) -> list[tuple[Fragment, Heredoc]]:
    """The words of an instruction that open heredocs. Raises DockerfileError."""
    keyword, rest = keyword_and_rest(whole)
    while keyword.text.upper() == OnBuild.keyword:
        keyword, rest = keyword_and_rest(rest)
    if keyword.text.upper() not in WITH_HEREDOCS:
        return []
    for _, _, behind in flag_words(rest):
        rest = behind
    return openings(rest)
