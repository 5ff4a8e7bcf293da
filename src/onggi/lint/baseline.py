"""What an old project has got used to: findings that are not told again until they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from onggi.decoders import decoder
from onggi.errors import Invalid
from onggi.lint.finding import Finding
from onggi.lint.fingerprint import fingerprints
from onggi.lint.reports.sheet import Sheet

_VERSION = 1


class Entry(msgspec.Struct, frozen=True, order=True):
    """So many findings of one rule in instructions that read the same. `file` is a path from the baseline's folder."""

    file: str
    code: str
    fingerprint: str
    count: int


class Baseline(msgspec.Struct, frozen=True):
    findings: tuple[Entry, ...]
    version: int = _VERSION


class Known(msgspec.Struct, frozen=True):
    """`sheets` without what the baseline has; `hidden` says how many findings that are, `gone` how many more it has for
    these files."""

    sheets: tuple[Sheet, ...]
    hidden: int
    gone: int


def baseline(sheets: Iterable[tuple[str, Sheet]]) -> Baseline:
    """Of all that was found. Each sheet comes with its file's path from the baseline's folder."""
    counts = Counter(key for file, sheet in sheets for key in _keys(file, sheet))
    return Baseline(tuple(sorted(Entry(*key, count) for key, count in counts.items())))


def encode(baseline: Baseline) -> bytes:
    return msgspec.json.format(msgspec.json.encode(baseline)) + b"\n"


def decode(data: bytes, name: str) -> Baseline:
    """Raises Invalid."""
    try:
        found = decoder(Baseline).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{name} is no baseline: {error}", hint="--write-baseline FILE makes one") from error
    if found.version != _VERSION:
        raise Invalid(f"{name} is a baseline of version {found.version}, and this onggi knows version {_VERSION}")
    return found


def without(baseline: Baseline, sheets: Sequence[tuple[str, Sheet]]) -> Known:
    """What is new; entries of files that are not among these are left alone."""
    left = Counter({(each.file, each.code, each.fingerprint): each.count for each in baseline.findings})
    new: list[Sheet] = []
    for file, sheet in sheets:
        kept: list[Finding] = []
        for finding, key in zip(sheet.findings, _keys(file, sheet), strict=True):
            if left[key] > 0:
                left[key] -= 1
            else:
                kept.append(finding)
        new.append(Sheet(sheet.source, tuple(kept)))
    files = {file for file, _ in sheets}
    gone = sum(count for (file, *_), count in left.items() if file in files)
    hidden = sum(len(sheet.findings) for _, sheet in sheets) - sum(len(sheet.findings) for sheet in new)
    return Known(tuple(new), hidden, gone)


def _keys(file: str, sheet: Sheet) -> list[tuple[str, str, str]]:
    known = fingerprints(sheet.source, sheet.findings)
    return [(file, finding.rule.code, each) for finding, each in zip(sheet.findings, known, strict=True)]
