"""Workflow commands that GitHub Actions shows beside the code (actions/toolkit, packages/core/src/command.ts)."""

from __future__ import annotations

from collections.abc import Sequence

from onggi.lint.finding import Finding
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.severity import Severity

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.STYLE: "notice",
}
_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_MESSAGE = str.maketrans(_IN_MESSAGE)
_PROPERTY = str.maketrans({**_IN_MESSAGE, ":": "%3A", ",": "%2C"})


def render(sheets: Sequence[Sheet], look: Look) -> str:
    return "".join(f"{_command(sheet, finding, look)}\n" for sheet in sheets for finding in sheet.findings)


def _command(sheet: Sheet, finding: Finding, look: Look) -> str:
    span = finding.span
    properties = {"file": sheet.name, "line": str(span.line), "endLine": str(span.end_line)}
    if span.line == span.end_line:  # across lines GitHub takes no columns
        properties |= {"col": str(span.column), "endColumn": str(span.end_column)}
    properties["title"] = finding.rule.code
    told = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {told}::{finding.message.language(look.language).translate(_MESSAGE)}"
