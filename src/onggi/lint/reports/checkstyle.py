"""Checkstyle's XML, which many services read."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.reports.xml import document, put
from onggi.lint.severity import Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info", Severity.STYLE: "info"}


def render(sheets: Sequence[Sheet], look: Look) -> str:
    root = Element("checkstyle", version="4.3")
    for sheet in sheets:
        file = put(root, "file", name=sheet.name)
        for finding in sheet.findings:
            put(
                file,
                "error",
                line=str(finding.span.line),
                column=str(finding.span.column),
                severity=_LEVELS[finding.severity],
                message=finding.message.language(look.language),
                source=finding.rule.code,
            )
    return document(root)
