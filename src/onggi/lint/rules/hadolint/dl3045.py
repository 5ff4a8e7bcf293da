from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Copy
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "`COPY` to a relative destination without `WORKDIR` set",
    "`WORKDIR` 없이 상대 경로로 `COPY`합니다",
)
_ELSEWHERE = Pattern(r"['\"]?(?:/|[A-Za-z]:[\\/]|\$)")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        match step.instruction:
            case Copy(destination=destination) if step.is_written and not step.standing.has_workdir:
                if not _ELSEWHERE.match(destination.text):
                    yield step.violation(destination.span, _MESSAGE)


RULE = Rule(
    code="DL3045",
    title=Text("Copy to an absolute path, or set WORKDIR before", "절대 경로로 복사하거나 WORKDIR를 먼저 둡니다"),
    reason=Text(
        "A relative path is relative to the base image's working directory: with another one the files land elsewhere.",
        "상대 경로는 베이스 이미지의 작업 폴더를 기준으로 합니다. 베이스가 바뀌면 파일이 다른 곳에 놓입니다.",
    ),
    exception=Text(
        "Where the base image sets its working directory for just that.",
        "베이스 이미지가 바로 그러라고 작업 폴더를 정해 두었을 때.",
    ),
    bad=(
        Example("FROM debian:12\nCOPY app.conf etc/app.conf"),
        Example('FROM debian:12\nCOPY ["a", "./"]'),
        Example("FROM debian:12 AS build\nWORKDIR /src\n\nFROM debian:12-slim\nCOPY --from=build /src/app app"),
    ),
    good=(
        Example("FROM debian:12\nCOPY app.conf /etc/app.conf"),
        Example("FROM debian:12\nWORKDIR /app\nCOPY . ."),
        Example("FROM debian:12 AS base\nWORKDIR /app\n\nFROM base\nCOPY . ."),
        Example("FROM debian:12\nARG HOME=/home/me\nCOPY a ${HOME}/a"),
        Example("FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nCOPY a C:\\\\a"),
    ),
    check=check,
)
