"""Mends a text: edits put into it, as many as do not stand in each other's way."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from onggi.dockerfile.source import Source, Span, line_end
from onggi.lint.finding import Finding
from onggi.lint.violation import Edit

_Cut: TypeAlias = tuple[int, int, str]
"""Offsets in the text, and what takes the place of what is between them."""


class Mended(msgspec.Struct, frozen=True):
    """`text` after the fixes of `findings`. Those that overlapped with one before are not among them: mending again
    may reach them."""

    text: str
    findings: tuple[Finding, ...]


def mend(text: str, findings: Iterable[Finding], *, unsafe: bool = False) -> Mended:
    """What is outside of the edits stays as it is, byte for byte; lines that they bring end as those of the text."""
    starts = _line_starts(text)
    taken: list[_Cut] = []
    mended: list[Finding] = []
    for finding in findings:
        if finding.fix is None or not (finding.fix.is_safe or unsafe):
            continue
        cuts = [_cut(starts, edit) for edit in finding.fix.edits]
        if all(_is_free(cut, taken) for cut in cuts):
            for cut in cuts:
                insort(taken, cut)
            mended.append(finding)
    return Mended(_put(text, taken), tuple(mended))


def _put(text: str, cuts: Iterable[_Cut]) -> str:
    end = line_end(text)
    pieces: list[str] = []
    at = 0
    for begin, stop, new in cuts:
        pieces += (text[at:begin], new.replace("\n", end))
        at = stop
    return "".join((*pieces, text[at:]))


def _line_starts(text: str) -> Sequence[int]:
    """Where each line of `Source.lines` begins; a byte order mark is before the first."""
    starts = [len(text) - len(text.removeprefix("\ufeff"))]
    while (end := text.find("\n", starts[-1])) != -1:
        starts.append(end + 1)
    return starts


def _cut(starts: Sequence[int], edit: Edit) -> _Cut:
    span = edit.span
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1, edit.text


def _is_free(cut: _Cut, taken: Sequence[_Cut]) -> bool:
    """Whether it overlaps with none. Two that only touch do not, but two that begin at one place would come in no
    order."""
    begin, end, _ = cut
    place = bisect_left(taken, (begin,))
    is_free_before = place == 0 or taken[place - 1][1] <= begin
    is_free_behind = place == len(taken) or taken[place][0] >= max(end, begin + 1)
    return is_free_before and is_free_behind


def whole_lines(source: Source, first: int, last: int) -> Span:
    """From the beginning of a line to the beginning of the line behind another: to take lines out."""
    if last < len(source.lines):
        return Span(first, 1, last + 1, 1)
    return Span(first, 1, last, len(source.lines[last - 1]) + 1)
