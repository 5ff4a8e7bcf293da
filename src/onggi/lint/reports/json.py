"""An array of findings, one on each line. It has all that hadolint's JSON has; docs/lint.schema.json is its schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from onggi.lint.finding import Finding
from onggi.lint.fingerprint import unique_fingerprints
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.violation import Edit, Fix, Language


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """Puts `text` in the place of what stands there; places are as a finding's."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    @classmethod
    def of(cls, edit: Edit) -> Change:
        span = edit.span
        return cls(span.line, span.column, span.end_line, span.end_column, edit.text)


class Mending(msgspec.Struct, frozen=True, rename="camel"):
    """A fix. One that is not `safe` may change what is built."""

    safe: bool
    edits: tuple[Change, ...]

    @classmethod
    def of(cls, fix: Fix) -> Mending:
        return cls(fix.is_safe, tuple(map(Change.of, fix.edits)))


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """A finding. Lines and columns are 1-based and count characters; the end is exclusive. `url` is "" for a rule
    without a page elsewhere. `fingerprint` stays the same when the lines around it change."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    level: Literal["error", "warning", "info", "style"]
    message: str
    reason: str
    url: str
    fix: Mending | None
    fingerprint: str

    @classmethod
    def of(cls, file: str, finding: Finding, language: Language, fingerprint: str) -> Entry:
        span = finding.span
        return cls(
            file=file,
            line=span.line,
            column=span.column,
            end_line=span.end_line,
            end_column=span.end_column,
            code=finding.rule.code,
            level=finding.severity.value,
            message=finding.message.language(language),
            reason=finding.rule.reason.language(language),
            url=finding.rule.url,
            fix=None if finding.fix is None else Mending.of(finding.fix),
            fingerprint=fingerprint,
        )


def render(sheets: Sequence[Sheet], look: Look) -> str:
    entries = [
        msgspec.json.encode(Entry.of(sheet.name, finding, look.language, fingerprint)).decode()
        for sheet in sheets
        for finding, fingerprint in zip(sheet.findings, unique_fingerprints(sheet.source, sheet.findings), strict=True)
    ]
    return "[" + ",\n ".join(entries) + "]\n"
