from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError
from onggi.lint.check import check
from onggi.lint.facts import Facts
from onggi.lint.finding import Finding
from onggi.lint.report import render_brief, render_json, render_text, verdict

TEXT = 'FROM scratch\nENV \\\n  a=b API_KEY=x\nCMD run me\nRUN <<E\nx\nE\nCMD ["x"]\n'
FACTS = Facts(automatic={"TARGETPLATFORM": "linux/amd64"})


def findings(text: str) -> tuple[Finding, ...]:
    return check(parse(text), FACTS)


def test_text_shows_place_message_excerpt_and_reason() -> None:
    source = parse(TEXT).source
    assert render_text(source, findings(TEXT)) == (
        "Dockerfile:3:7  SecretsUsedInArgOrEnv  warning  "
        'Do not use ARG or ENV instructions for sensitive data (ENV "API_KEY")\n'
        "   3 |   a=b API_KEY=x\n"
        "     |       ^^^^^^^\n"
        "     = Build arguments and environment stay in the image's history and\n"
        "       configuration for all who can pull it; RUN --mount=type=secret leaves no\n"
        "       trace.\n"
        "       https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/\n"
        "Dockerfile:4:1  JSONArgsRecommended  warning  "
        "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals\n"
        "   4 | CMD run me\n"
        "     | ^^^^^^^^^^\n"
        "     = In shell form the shell is process 1 and does not pass SIGTERM on:\n"
        "       stopping takes ten seconds and a kill.\n"
        "       https://docs.docker.com/go/dockerfile/rule/json-args-recommended/\n"
        "Dockerfile:4:1  MultipleInstructionsDisallowed  warning  "
        "Multiple CMD instructions should not be used in the same stage because only the last one will be used\n"
        "   4 | CMD run me\n"
        "     | ^^^^^^^^^^\n"
        "     = CMD, ENTRYPOINT and HEALTHCHECK replace what was said before; the earlier\n"
        "       line misleads its readers.\n"
        "       https://docs.docker.com/go/dockerfile/rule/multiple-instructions-disallowed/\n"
    )


def test_reasons_are_as_wide_as_the_terminal() -> None:
    shown = render_text(parse(TEXT).source, findings(TEXT), width=50).splitlines()
    reasons = [line for line in shown if line.startswith(("     = ", "       ")) and "https:" not in line]
    assert reasons and max(map(len, reasons)) <= 50


def test_text_speaks_korean() -> None:
    shown = render_text(parse(TEXT).source, findings(TEXT), "ko")
    assert '비밀 값을 ARG나 ENV에 두지 마세요 (ENV "API_KEY")' in shown
    assert "이미지의 이력과 설정에 남아" in shown


def test_an_ordinary_build_tells_a_line_for_each() -> None:
    assert render_brief(findings("FROM scratch\nENV \\\n KEY=1\n")) == (
        "1 warning found (use --check to expand):\n"
        ' - SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "KEY") (line 2)\n'
    )
    assert render_brief(findings(TEXT)).startswith("3 warnings found (use --check to expand):\n - ")


def test_nothing_found_is_nothing_told() -> None:
    source = parse("FROM scratch\n").source
    assert render_text(source, ()) == ""
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
    render_text(dockerfile.source, found, "ko")
    document = json.loads(render_json(dockerfile.source, found))
    lines = len(dockerfile.source.lines)
    assert len(document["warnings"]) == len(found)
    assert all(1 <= finding.lines[0] <= finding.lines[1] <= lines for finding in found)
    assert all(1 <= finding.span.line <= lines for finding in found)
