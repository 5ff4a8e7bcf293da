"""SonarQube's generic issues, with their rules (docs.sonarsource.com, "Generic formatted issue reports")."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from onggi.lint.finding import Finding
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.rule import Rule
from onggi.lint.severity import Severity

_ENGINE = "onggi"
_SEVERITIES = {Severity.ERROR: "HIGH", Severity.WARNING: "MEDIUM", Severity.INFO: "LOW", Severity.STYLE: "LOW"}


def render(sheets: Sequence[Sheet], look: Look) -> str:
    rules = {finding.rule.code: finding.rule for sheet in sheets for finding in sheet.findings}
    document = {
        "rules": [_rule(rule, look) for rule in rules.values()],
        "issues": [_issue(sheet, finding, look) for sheet in sheets for finding in sheet.findings],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _rule(rule: Rule, look: Look) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.title.language(look.language),
        "description": rule.reason.language(look.language),
        "engineId": _ENGINE,
        "cleanCodeAttribute": "CONVENTIONAL",
        "impacts": [{"softwareQuality": "MAINTAINABILITY", "severity": _SEVERITIES[rule.severity]}],
    }


def _issue(sheet: Sheet, finding: Finding, look: Look) -> dict[str, Any]:
    span = finding.span
    place = {"startLine": span.line, "endLine": span.end_line}
    if (span.end_line, span.end_column) > (span.line, span.column):  # an empty range is refused
        place |= {"startColumn": span.column - 1, "endColumn": span.end_column - 1}
    return {
        "ruleId": finding.rule.code,
        "primaryLocation": {
            "message": finding.message.language(look.language),
            "filePath": sheet.name,
            "textRange": place,
        },
    }
