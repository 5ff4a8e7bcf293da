"""What the reports are shown of; `golden/` has each format of it."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Source, Span
from onggi.lint.finding import Finding
from onggi.lint.reports import FORMATS, render
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.violation import Edit, Fix, Text

TEXT = (
    "FROM node:18 AS build\n"
    "ADD app.py /app/app.py\n"
    "RUN cd /srv && \\\n"
    "    echo '<한글 & \"co\">' | tr a b ; printf 'a line that is a good deal longer than a terminal'\n"
    "ADD app.py /app/app.py\n"
)


def _rule(code: str, severity: Severity, title: str, reason: str, url: str = "") -> Rule:
    return Rule(
        code=code,
        title=Text(title, f"{title} (제목)"),
        reason=Text(reason, "이 규칙이 왜 있는지를 한국어로 길게 적어서 여든 칸짜리 터미널에서 줄이 바뀌게 합니다."),
        exception=Text("Never.", "없습니다."),
        bad=() if url else (Example("FROM x"),),
        good=(),
        check=lambda subject: (),
        severity=severity,
        url=url,
    )


ADD = _rule(
    "DL3020",
    Severity.ERROR,
    "COPY for files",
    "ADD also unpacks tars and fetches URLs; COPY says what it does, and nobody has to look twice.",
)
CD = _rule("DL3003", Severity.WARNING, "WORKDIR, not cd", "A cd ends with its RUN.")
QUOTE = _rule("SC2086", Severity.INFO, "ShellCheck", "It says.", "https://www.shellcheck.net/wiki/SC2086")
STYLE = _rule("OG9999", Severity.STYLE, "A style", "So that it is nice.")


def _finding(rule: Rule, message: str, place: tuple[int, int, int, int], fix: Fix | None = None) -> Finding:
    span = Span(*place)
    lines = (3, 4) if span.line in (3, 4) else (span.line, span.end_line)
    return Finding(rule, Text(message, f"{message} (한국어)"), span, lines, rule.severity, fix)


def _copy(line: int) -> Fix:
    return Fix((Edit(Span(line, 1, line, 4), "COPY"),))


def sheets(name: str = "a/Dockerfile") -> list[Sheet]:
    findings = (
        _finding(STYLE, "nothing in particular, said of an empty place", (1, 1, 1, 1)),
        _finding(ADD, "use COPY, not ADD, for files and folders", (2, 1, 2, 4), _copy(2)),
        _finding(CD, 'cd "goes"\u0007 away, 100% <sure>\nnext', (3, 5, 4, 10)),
        _finding(QUOTE, "Double quote.", (4, 80, 4, 90), Fix((Edit(Span(4, 80, 4, 80), '"'),), is_safe=False)),
        _finding(ADD, "use COPY, not ADD, for files and folders", (5, 1, 5, 4), _copy(5)),
    )
    return [Sheet(Source.of(TEXT, name), findings), Sheet(Source.of("FROM scratch\n", "clean/Dockerfile"))]


_LOOKS = {
    "tty": Look(width=80),
    "tty-narrow-ko": Look(width=50, language="ko"),
    "tty-colour": Look(width=80, has_colour=True),
    "tty-pipe": Look(),
    "tty-brief": Look(is_brief=True),
}


def reports() -> Iterator[tuple[str, str]]:
    """The name of a golden file, and what is to be in it."""
    for name, look in _LOOKS.items():
        yield f"{name}.txt", render("tty", sheets(), look)
    for form in FORMATS[1:]:
        yield f"{form}.txt", render(form, sheets(), Look())
