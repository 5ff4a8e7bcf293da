"""What ShellCheck is asked about the scripts of a Dockerfile, and its answers as findings of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

import msgspec

from onggi.dockerfile.source import Span
from onggi.lint.rule import Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.script import Script
from onggi.lint.view.subject import Standing, Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

EXCLUDED = (1090, 2187)
"""Not told, as in hadolint: a file that is sourced is in the image, and ash is no dialect of ShellCheck's."""

MOST_COMMANDS = 500
MOST_CHARACTERS = 200_000
"""Of a script that ShellCheck is asked about."""

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh"})
_PROXIES = ("FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy")
_HEADER_LINES = 2
_REASON = Text("ShellCheck explains it on its page.", "자세한 설명은 ShellCheck 문서에 있습니다.")
_EXCEPTION = Text(
    "Where the shell is meant to do just that; say so with # hadolint ignore=CODE above the instruction.",
    "일부러 그렇게 썼을 때. 명령 위에 # hadolint ignore=CODE라고 적어 두세요.",
)


class Question(msgspec.Struct, frozen=True):
    """A script as a file for ShellCheck, and the step that it is of."""

    step: Step
    script: Script
    document: str


class Replacement(msgspec.Struct, frozen=True, rename="camel"):
    """1-based places in the document; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    replacement: str


class Mending(msgspec.Struct, frozen=True):
    replacements: tuple[Replacement, ...]


class Comment(msgspec.Struct, frozen=True, rename="camel"):
    """One answer, as ShellCheck's format json1 has it. `file` is the document's."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    level: Literal["error", "warning", "info", "style"]
    code: int
    message: str
    fix: Mending | None = None


class Comments(msgspec.Struct, frozen=True):
    comments: tuple[Comment, ...]


def questions(subject: Subject) -> Iterator[Question]:
    """One for each RUN that a shell reads which ShellCheck knows, but for those that are too long."""
    for step, script in _scripts(subject):
        if not _is_too_long(step, script):
            yield Question(step, script, _document(script, step.standing))


def too_long(subject: Subject) -> Iterator[Step]:
    """Those that ShellCheck is not asked about: its time and memory go up with the square of a script's length, to
    many gigabytes for some thousand commands."""
    return (step for step, script in _scripts(subject) if _is_too_long(step, script))


def _is_too_long(step: Step, script: Script) -> bool:
    return len(script.text) > MOST_CHARACTERS or len(step.commands) > MOST_COMMANDS


def _scripts(subject: Subject) -> Iterator[tuple[Step, Script]]:
    for step in subject.runs():
        if step.script is not None and step.script.shell in _SHELLS:
            yield step, step.script


def _document(script: Script, standing: Standing) -> str:
    """The script behind two lines: for which shell it is, and which variables are set. Its first line begins where it
    does in the Dockerfile, so that the columns agree."""
    names = sorted({*_PROXIES, *standing.scope.variables, *standing.scope.declared} - {"PATH"})
    exported = " ".join(f"{name}=1" for name in names if name.isidentifier())
    return f"#!/bin/{script.shell}\nexport {exported}\n{' ' * (script.column - 1)}{script.text}\n"


def answers(question: Question, comments: Sequence[Comment]) -> Iterator[tuple[Rule, Violation]]:
    """Comments on its document, as violations at their places in the Dockerfile."""
    shift = question.script.line - 1 - _HEADER_LINES
    for comment in comments:
        if comment.line <= _HEADER_LINES:  # of what was put before it
            continue
        span = Span(comment.line + shift, comment.column, comment.end_line + shift, comment.end_column)
        text = Text(comment.message, comment.message)
        rule = rule_of(comment.code, Severity(comment.level))
        yield rule, Violation(question.step.place, span, text, fix=_fix(comment.fix, shift))


def _fix(mending: Mending | None, shift: int) -> Fix | None:
    """Not a safe one: what the words come to may be another thing."""
    if mending is None:
        return None
    edits = tuple(
        Edit(Span(each.line + shift, each.column, each.end_line + shift, each.end_column), each.replacement)
        for each in mending.replacements
    )
    return Fix(edits, is_safe=False)


@cache
def rule_of(code: int, severity: Severity) -> Rule:
    """The rule that one of its codes stands for."""
    return Rule(
        code=f"SC{code}",
        title=Text("A finding of ShellCheck", "ShellCheck가 찾은 문제"),
        reason=_REASON,
        exception=_EXCEPTION,
        bad=(),
        good=(),
        check=lambda subject: (),
        severity=severity,
        url=f"https://www.shellcheck.net/wiki/SC{code}",
    )
