"""SARIF 2.1.0, as OASIS has it, with what GitHub's code scanning looks for."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_from_bytes

from onggi import __version__
from onggi.dockerfile.source import Span
from onggi.lint.finding import Finding
from onggi.lint.fingerprint import unique_fingerprints
from onggi.lint.pages.page import markdown, page
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.rule import Rule
from onggi.lint.severity import Severity
from onggi.lint.violation import Fix, Text

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note", Severity.STYLE: "note"}
_SAFE_FIX = Text("Mend it", "고칩니다")
_UNSAFE_FIX = Text("Mend it; what is built may change", "고칩니다. 빌드 결과가 달라질 수 있습니다")


def render(sheets: Sequence[Sheet], look: Look) -> str:
    rules = list({finding.rule.code: finding.rule for sheet in sheets for finding in sheet.findings}.values())
    numbers = {rule.code: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "onggi", "version": __version__, "rules": [_rule(rule, look) for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": _uri(sheet)}, "sourceLanguage": "dockerfile"} for sheet in sheets],
        "results": [
            _result(index, sheet, finding, numbers[finding.rule.code], fingerprint, look)
            for index, sheet in enumerate(sheets)
            for finding, fingerprint in zip(
                sheet.findings, unique_fingerprints(sheet.source, sheet.findings), strict=True
            )
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _rule(rule: Rule, look: Look) -> dict[str, Any]:
    title = rule.title.language(look.language)
    text = f"{rule.reason.language(look.language)}\n\n{rule.exception.language(look.language)}"
    told: dict[str, Any] = {
        "id": rule.code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": rule.reason.language(look.language)},
        "help": {"text": text, "markdown": markdown(page(rule, look.language))},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }
    return {**told, "helpUri": rule.url} if rule.url else told


def _result(index: int, sheet: Sheet, finding: Finding, number: int, fingerprint: str, look: Look) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": _uri(sheet), "index": index}, "region": _region(finding.span)}
    told: dict[str, Any] = {
        "ruleId": finding.rule.code,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message.language(look.language)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"onggi/v1": fingerprint},
    }
    return told if finding.fix is None else {**told, "fixes": [_fix(index, sheet, finding.fix, look)]}


def _fix(index: int, sheet: Sheet, fix: Fix, look: Look) -> dict[str, Any]:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits]
    change = {"artifactLocation": {"uri": _uri(sheet), "index": index}, "replacements": replacements}
    description = (_SAFE_FIX if fix.is_safe else _UNSAFE_FIX).language(look.language)
    return {"description": {"text": description}, "artifactChanges": [change]}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _uri(sheet: Sheet) -> str:
    path = quote_from_bytes(os.fsencode(sheet.source.name))
    return f"file://{path}" if path.startswith("/") else path
