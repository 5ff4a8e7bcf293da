"""What a finding is known by when the lines around it have moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from onggi.dockerfile.source import Source
from onggi.lint.finding import Finding

_LETTERS = 32


def fingerprints(source: Source, findings: Sequence[Finding]) -> list[str]:
    """For each finding a digest of its rule and its instruction's text, spacing aside: the same for two findings of one
    rule in one instruction, or in two that read the same."""
    texts: dict[tuple[int, int], str] = {}  # an instruction may be large, and much be found in it
    found: list[str] = []
    for finding in findings:
        if finding.lines not in texts:
            first, last = finding.lines
            texts[finding.lines] = _digest(*" ".join(source.lines[first - 1 : last]).split())
        found.append(_digest(finding.rule.code, texts[finding.lines]))
    return found


def unique_fingerprints(source: Source, findings: Sequence[Finding]) -> list[str]:
    """The same, but no two of them alike in a report on several files: with the file's name, and numbered."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for fingerprint in fingerprints(source, findings):
        found.append(_digest(source.name, fingerprint, str(seen[fingerprint])))
        seen[fingerprint] += 1
    return found


def _digest(*words: str) -> str:
    return sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:_LETTERS]
