"""JUnit's XML: a suite for each file, in it a test that failed for each finding, or one that passed."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from onggi.lint.finding import Finding
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.reports.xml import document, put


def render(sheets: Sequence[Sheet], look: Look) -> str:
    total = sum(len(sheet.findings) for sheet in sheets)
    tests = sum(max(1, len(sheet.findings)) for sheet in sheets)
    root = Element("testsuites", name="onggi lint", tests=str(tests), failures=str(total), errors="0")
    for sheet in sheets:
        count = len(sheet.findings)
        suite = put(
            root, "testsuite", name=sheet.name, tests=str(max(1, count)), failures=str(count), errors="0", skipped="0"
        )
        for finding in sheet.findings:
            _failure(suite, sheet, finding, look)
        if not count:
            put(suite, "testcase", name="onggi lint", classname=sheet.name)
    return document(root)


def _failure(suite: Element, sheet: Sheet, finding: Finding, look: Look) -> None:
    place = f"{finding.span.line}:{finding.span.column}"
    message = finding.message.language(look.language)
    case = put(suite, "testcase", name=f"{finding.rule.code} {place}", classname=sheet.name)
    text = f"{sheet.name}:{place} {message}\n{finding.rule.reason.language(look.language)}"
    put(case, "failure", text, type=finding.severity.value, message=message)
