from __future__ import annotations

from collections.abc import Iterator

from onggi.characters import quoted
from onggi.dockerfile.syntax import Workdir
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_ABSOLUTE = Pattern(r"/|[A-Za-z]:[/\\]")
_MESSAGE = Text(
    "Relative workdir {path} can have unexpected results if the base image changes",
    "상대 경로 {path}로 쓴 WORKDIR은 베이스 이미지가 바뀌면 다른 곳을 가리킬 수 있습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Only the first WORKDIR of a stage and those it is built on: mending that mends those after it. BuildKit knows the
    platform; here a drive's letter tells that it is Windows."""
    for step in subject.steps():
        if isinstance(step.instruction, Workdir) and not step.standing.has_workdir:
            word = step.instruction.path
            path = step.standing.scope.expand(word.text)
            if not _ABSOLUTE.match(path):
                yield step.violation(word.span, _MESSAGE.format(path=quoted(path)))


RULE = Rule(
    code="WorkdirRelativePath",
    title=Text(
        "Relative workdir without an absolute workdir declared within the build can have unexpected results if the "
        "base image changes",
        "절대 경로의 WORKDIR 없이 상대 경로를 쓰면 베이스 이미지가 바뀔 때 결과가 달라질 수 있습니다",
    ),
    reason=Text(
        "The path begins where the base image left off; with another base, files are somewhere else.",
        "경로가 베이스 이미지의 작업 디렉터리에서 시작하므로, 베이스가 바뀌면 파일이 다른 곳에 놓입니다.",
    ),
    exception=Text(
        "Where the base image is yours and its working directory is part of its promise.",
        "베이스 이미지를 직접 관리하며 그 작업 디렉터리가 약속되어 있을 때.",
    ),
    bad=(Example("FROM nginx\nWORKDIR usr/share/nginx/html"), Example("FROM nginx\nARG at=html\nWORKDIR $at")),
    good=(
        Example("FROM nginx\nWORKDIR /usr/share/nginx\nWORKDIR html"),
        Example("FROM nginx AS a\nWORKDIR /app\n\nFROM a\nWORKDIR sub"),
        Example("FROM nginx\nARG at=/html\nWORKDIR $at"),
        Example("# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nWORKDIR C:\\app"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/workdir-relative-path/",
)
