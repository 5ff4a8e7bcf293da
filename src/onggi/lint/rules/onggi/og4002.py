from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Cmd, Entrypoint, ExecForm, Instruction
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Calls, read
from onggi.lint.shell.script import Script, shell_name
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_STAYING = frozenset({"sh", "ash", "dash"})
"""Shells that wait for the last command of their script; bash becomes it."""

_MINDFUL = Pattern(r"\b(?:exec|trap|wait)\b")
_PLAIN = Pattern(r"(?!(?:if|for|while|until|case|cd)\b)(?:[^|&;`(){}<>\n]|\$\{\w+(?::?[-+=?][^{}]*)?\}|&&)+")
_BUILTINS = frozenset(
    {".", ":", "[", "cd", "eval", "exit", "export", "read", "return", "set", "source", "test", "unset"}
)
_MESSAGE = Text(
    "{shell} stays between the signals and the program: begin its last command with exec",
    "셸({shell})이 신호를 가로막습니다. 마지막 명령 앞에 exec를 붙이세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        instruction = step.instruction
        if not isinstance(instruction, Cmd | Entrypoint) or not isinstance(instruction.command, ExecForm):
            continue
        words = instruction.command.arguments
        if len(words) < 3 or shell_name(words[:1]) not in _STAYING or not re.fullmatch(r"-\w*c", words[1]):
            continue
        calls = read(Script("sh", words[2], 1, 1))
        if calls.commands and not _MINDFUL.search(words[2]):
            message = _MESSAGE.format(shell=words[0])
            yield step.violation(instruction.origin.span, message, _fix(subject, instruction, words[2], calls))


def _fix(subject: Subject, instruction: Instruction, text: str, calls: Calls) -> Fix | None:
    """Where commands stand one behind the other, and the script as it is in one line of the file."""
    line = subject.dockerfile.source.lines[instruction.origin.span.line - 1]
    if not _PLAIN.fullmatch(text) or calls.commands[-1].name in _BUILTINS or line.count(f'"{text}"') != 1:
        return None
    number = instruction.origin.span.line
    column = line.index(f'"{text}"') + 1 + calls.commands[-1].place.column
    return Fix((Edit(Span(number, column, number, column), "exec "),))


RULE = Rule(
    code="OG4002",
    title=Text("A shell that starts the program gives way to it", "프로그램을 띄운 셸은 exec로 자리를 내줍니다"),
    reason=Text(
        "SIGTERM goes to process 1. A shell there does not pass it on, so that the program is killed without a warning "
        "when the time to stop is over.",
        "SIGTERM은 1번 프로세스가 받습니다. 그 자리에 있는 셸은 신호를 전하지 않으므로, "
        "프로그램은 정리할 틈도 없이 제한 시간 뒤에 강제로 종료됩니다.",
    ),
    exception=Text(
        "Where the shell has to do something after the program.", "프로그램이 끝난 뒤 셸이 할 일이 있을 때."
    ),
    bad=(
        Example(
            'FROM python:3.13-slim\nCMD ["sh", "-c", "gunicorn --bind :$PORT app:app"]',
            fixed='FROM python:3.13-slim\nCMD ["sh", "-c", "exec gunicorn --bind :$PORT app:app"]',
        ),
        Example(
            'FROM alpine:3.20\nENTRYPOINT ["/bin/sh", "-ec", "./init && TZ=UTC /server -p ${PORT:-80}"]',
            fixed='FROM alpine:3.20\nENTRYPOINT ["/bin/sh", "-ec", "./init && TZ=UTC exec /server -p ${PORT:-80}"]',
        ),
        Example('FROM alpine:3.20\nCMD ["sh", "-c", "java -jar app.jar | tee log"]'),
        Example('FROM alpine:3.20\nCMD ["sh", "-c", "/server && export DONE=1"]'),
        Example('FROM alpine:3.20\nCMD ["sh", "-c", "echo \\"hello\\"; server"]'),
    ),
    good=(
        Example('FROM python:3.13-slim\nCMD ["sh", "-c", "exec gunicorn --bind :$PORT app:app"]'),
        Example('FROM python:3.13-slim\nCMD ["bash", "-c", "gunicorn --bind :$PORT app:app"]'),
        Example('FROM alpine:3.20\nCMD ["sh", "-c", "trap stop TERM; server & wait"]'),
        Example('FROM alpine:3.20\nCMD ["/server", "-c", "a b"]'),
        Example('FROM alpine:3.20\nCMD ["sh", "start.sh"]'),
    ),
    check=check,
    severity=Severity.INFO,
)
