from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError
from onggi.lint.check import check
from onggi.lint.finding import Finding
from onggi.lint.reports import FORMATS, render
from onggi.lint.reports.buildkit import render_brief, render_json, verdict
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.view.facts import Facts

TEXT = 'FROM scratch\nENV \\\n  a=b API_KEY=x\nCMD run me\nRUN <<E\nx\nE\nCMD ["x"]\n'
FACTS = Facts(automatic={"TARGETPLATFORM": "linux/amd64"})


def findings(text: str) -> tuple[Finding, ...]:
    return check(parse(text), FACTS)


def test_an_ordinary_build_tells_a_line_for_each() -> None:
    assert render_brief(findings("FROM scratch\nENV \\\n KEY=1\n")) == (
        "1 warning found (use --check to expand):\n"
        ' - SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "KEY") (line 2)\n'
    )
    assert render_brief(findings(TEXT)).startswith("3 warnings found (use --check to expand):\n - ")


def test_nothing_found_is_nothing_told() -> None:
    assert render_brief(()) == ""


def test_the_verdict_is_what_scripts_look_for() -> None:
    found = findings(TEXT)
    assert verdict(()) == "Check complete, no warnings found."
    assert verdict(found[:1]) == "Check complete, 1 warning has been found!"
    assert verdict(found) == "Check complete, 3 warnings have been found!"


def test_json_is_buildkits_lint_result() -> None:
    source = parse(TEXT).source
    document = json.loads(render_json(source, findings(TEXT)[:1]))
    assert document == {
        "warnings": [
            {
                "ruleName": "SecretsUsedInArgOrEnv",
                "description": "Sensitive data should not be used in the ARG or ENV commands",
                "url": "https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/",
                "detail": 'Do not use ARG or ENV instructions for sensitive data (ENV "API_KEY")',
                "location": {"ranges": [{"start": {"line": n}, "end": {"line": n}} for n in (2, 3)]},
            }
        ],
        "sources": [
            {"filename": "Dockerfile", "data": base64.b64encode(TEXT.encode()).decode(), "language": "Dockerfile"}
        ],
    }


def test_json_tells_of_a_file_that_cannot_be_read() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM scratch\nFORM x\n")
    document = json.loads(render_json(caught.value.source, (), caught.value))
    assert document["warnings"] == []
    assert document["buildError"] == {
        "message": "unknown instruction FORM; did you mean FROM?",
        "location": {"ranges": [{"start": {"line": 2}, "end": {"line": 2}}]},
    }


PIECES = [
    "From",
    "FROM",
    "a",
    "AS",
    "b",
    "ARG",
    "ENV",
    "COPY",
    "RUN",
    "\n",
    "\n",
    "\\\n",
    "$a",
    "${a:-$b}",
    "x=1",
    "#",
    " ",
]


@given(st.lists(st.sampled_from([*PIECES, "WORKDIR", "EXPOSE", "80/TCP", "--from=b", "--platform=$x", "KEY=", "한글"])))
def test_whatever_parses_can_be_checked_and_shown(pieces: list[str]) -> None:
    text = "FROM scratch AS b\n" + " ".join(pieces)
    try:
        dockerfile = parse(text)
    except DockerfileError:
        return
    found = check(dockerfile, FACTS)
    for form in FORMATS:
        render(form, [Sheet(dockerfile.source, found)], Look(language="ko", width=40))
    document = json.loads(render_json(dockerfile.source, found))
    lines = len(dockerfile.source.lines)
    assert len(document["warnings"]) == len(found)
    assert all(1 <= finding.lines[0] <= finding.lines[1] <= lines for finding in found)
    assert all(1 <= finding.span.line <= lines for finding in found)
