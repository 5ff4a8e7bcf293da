"""A line for each finding as GNU's compilers write errors, for editors (GNU Coding Standards, 4.4)."""

from __future__ import annotations

from collections.abc import Sequence

from onggi.characters import visible
from onggi.lint.finding import Finding
from onggi.lint.reports.sheet import Look, Sheet


def render(sheets: Sequence[Sheet], look: Look) -> str:
    return "".join(f"{_line(sheet, finding, look)}\n" for sheet in sheets for finding in sheet.findings)


def _line(sheet: Sheet, finding: Finding, look: Look) -> str:
    place = f"{visible(sheet.name)}:{finding.span.line}:{finding.span.column}"
    message = visible(finding.message.language(look.language))
    return f"{place}: {finding.severity.value}: {message} [{finding.rule.code}]"
