"""Mends a text: edits put into it, as many as do not stand in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from onggi.dockerfile.source import Source, Span
from onggi.lint.finding import Finding
from onggi.lint.violation import Edit


class Mended(msgspec.Struct, frozen=True):
    """`text` after the fixes of `findings`. Those that overlapped with one before are not among them: mending again
    may reach them."""

    text: str
    findings: tuple[Finding, ...]


def mend(text: str, findings: Iterable[Finding], *, unsafe: bool = False) -> Mended:
    """What is outside of the edits stays as it is, byte for byte."""
    starts = _line_starts(text)
    taken: list[tuple[int, int, str]] = []
    mended: list[Finding] = []
    for finding in findings:
        if finding.fix is None or not (finding.fix.is_safe or unsafe):
            continue
        edits = [_offsets(starts, edit) for edit in finding.fix.edits]
        if not any(_overlap(edit, other) for edit in edits for other in taken):
            taken += edits
            mended.append(finding)
    for begin, end, new in sorted(taken, reverse=True):
        text = text[:begin] + new + text[end:]
    return Mended(text, tuple(mended))


def _line_starts(text: str) -> Sequence[int]:
    """Where each line of `Source.lines` begins; a byte order mark is before the first."""
    starts = [len(text) - len(text.removeprefix("\ufeff"))]
    while (end := text.find("\n", starts[-1])) != -1:
        starts.append(end + 1)
    return starts


def _offsets(starts: Sequence[int], edit: Edit) -> tuple[int, int, str]:
    span = edit.span
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1, edit.text


def _overlap(edit: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Two that only touch do not, but two insertions at one place would come in no order."""
    return (edit[0] < other[1] and other[0] < edit[1]) or edit[0] == other[0]


def whole_lines(source: Source, first: int, last: int) -> Span:
    """From the beginning of a line to the beginning of the line behind another: to take lines out."""
    if last < len(source.lines):
        return Span(first, 1, last + 1, 1)
    return Span(first, 1, last, len(source.lines[last - 1]) + 1)
