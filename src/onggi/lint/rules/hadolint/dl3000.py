from __future__ import annotations

import posixpath
from collections.abc import Iterator

from onggi.dockerfile.syntax import Word, Workdir
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_ABSOLUTE = Pattern(r"""["']?(?:[/$]|[A-Za-z]:)""")
_PLAIN = Pattern(r"[\w./-]+")
_MESSAGE = Text("Use absolute WORKDIR", "WORKDIR에는 절대 경로를 쓰세요")


def check(subject: Subject) -> Iterator[Violation]:
    """What begins with a variable is taken for absolute."""
    for stage in subject.stages:
        current = ""
        for step in stage.steps:
            if not isinstance(step.inner, Workdir):
                continue
            path = step.inner.path
            if step.is_written and not _ABSOLUTE.match(path.text):
                yield step.violation(
                    path.span, _MESSAGE, _fix(current, path) if step.inner is step.instruction else None
                )
            if step.inner is step.instruction:
                current = _joined(current, path.text)


def _joined(current: str, path: str) -> str:
    """The folder after a WORKDIR, "" if that is not known."""
    if not _PLAIN.fullmatch(path):
        return ""
    return posixpath.normpath(posixpath.join(current, path)) if path.startswith("/") or current else ""


def _fix(current: str, path: Word) -> Fix | None:
    absolute = _joined(current, path.text)
    return Fix((Edit(path.span, absolute),)) if absolute else None


RULE = Rule(
    code="DL3000",
    title=Text("Use absolute paths for WORKDIR", "WORKDIR에는 절대 경로를 씁니다"),
    reason=Text(
        "Where a relative path leads depends on the WORKDIR before it, which may be in the base image.",
        "상대 경로가 가리키는 곳은 그 앞의 WORKDIR에 달려 있고, 그것은 베이스 이미지 안에 있을 수도 있습니다.",
    ),
    exception=Text(
        "Where each WORKDIR is right below the one above it and that is easy to see.",
        "바로 위의 WORKDIR에 이어지는 것이 한눈에 보일 때.",
    ),
    bad=(
        Example("FROM debian:12\nWORKDIR usr/src/app"),
        Example(
            "FROM debian:12\nWORKDIR /usr/src\nWORKDIR app",
            fixed="FROM debian:12\nWORKDIR /usr/src\nWORKDIR /usr/src/app",
        ),
        Example("FROM debian:12\nONBUILD WORKDIR app"),
    ),
    good=(
        Example("FROM debian:12\nWORKDIR /usr/src/app"),
        Example("FROM debian:12\nWORKDIR $HOME/app"),
        Example("FROM windows:1\nWORKDIR C:\\app"),
    ),
    check=check,
    severity=Severity.ERROR,
    twin="WorkdirRelativePath",
)
