"""Code Climate's issues: documents that end with a NUL each (codeclimate/platform, spec/analyzers/SPEC.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from onggi.lint.fingerprint import unique_fingerprints
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.severity import Severity

_LEVELS = {Severity.ERROR: "blocker", Severity.WARNING: "major", Severity.INFO: "info", Severity.STYLE: "minor"}


def render(sheets: Sequence[Sheet], look: Look) -> str:
    return "".join(f"{json.dumps(issue, ensure_ascii=False)}\0" for issue in issues(sheets, look))


def issues(sheets: Sequence[Sheet], look: Look) -> Iterator[dict[str, Any]]:
    for sheet in sheets:
        known = unique_fingerprints(sheet.source, sheet.findings)
        for finding, fingerprint in zip(sheet.findings, known, strict=True):
            yield {
                "type": "issue",
                "check_name": finding.rule.code,
                "description": finding.message.language(look.language),
                "content": {"body": finding.rule.reason.language(look.language)},
                "categories": ["Style" if finding.severity is Severity.STYLE else "Bug Risk"],
                "location": {
                    "path": sheet.name,
                    "lines": {"begin": finding.span.line, "end": finding.span.end_line},
                },
                "severity": _LEVELS[finding.severity],
                "fingerprint": fingerprint,
            }
