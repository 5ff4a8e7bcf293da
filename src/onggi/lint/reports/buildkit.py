"""What a build tells of findings, in BuildKit's words and as its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onggi.amounts import counted
from onggi.dockerfile.source import DockerfileError, Source
from onggi.lint.finding import Finding
from onggi.lint.violation import Language


def render_brief(findings: Sequence[Finding], language: Language = "en") -> str:
    """What an ordinary build tells at its end: a line for each, as `docker build` does. Empty if there are none."""
    if not findings:
        return ""
    lines = [
        f" - {finding.rule.code}: {finding.message.language(language)} (line {finding.lines[0]})"
        for finding in findings
    ]
    return "\n".join([f"{counted(len(findings), 'warning')} found (use --check to expand):", *lines]) + "\n"


def verdict(findings: Sequence[Finding]) -> str:
    """The last line of `build --check`, in the words that scripts look for."""
    if not findings:
        return "Check complete, no warnings found."
    have = "has" if len(findings) == 1 else "have"
    return f"Check complete, {counted(len(findings), 'warning')} {have} been found!"


def render_json(source: Source, findings: Sequence[Finding], error: DockerfileError | None = None) -> str:
    """BuildKit's lint result (frontend/subrequests/lint), for `--call=check,format=json`. `error` is why the file could
    not be read or checked to its end."""
    import json  # late, as in all of these: every build imports this file to tell in brief

    from onggi.dockerfile import wire

    document: dict[str, Any] = {
        "warnings": [{**_warning(finding), "location": wire.location(*finding.lines)} for finding in findings],
        "sources": [wire.source(source)],
    }
    if error is not None:
        document["buildError"] = {
            "message": error.sentence,
            "location": wire.location(error.span.line, error.span.end_line),
        }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _warning(finding: Finding) -> dict[str, str]:
    rule = finding.rule
    told = {"ruleName": rule.code, "description": rule.title.en, "url": rule.url, "detail": finding.message.en}
    return {name: text for name, text in told.items() if text}
