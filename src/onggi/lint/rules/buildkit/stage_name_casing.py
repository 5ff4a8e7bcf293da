from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Stage name '{name}' should be lowercase", "'{name}' 단계의 이름은 소문자여야 합니다")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.dockerfile.stages:
        base = stage.base
        if base.name is None:
            continue
        written = base.origin.text.split()[-1]
        if written != written.lower():
            yield Violation(base, base.name.span, _MESSAGE.format(name=written))


RULE = Rule(
    code="StageNameCasing",
    title=Text("Stage names should be lowercase", "단계 이름은 소문자로 씁니다"),
    reason=Text(
        "A stage's name is not case-sensitive; in lowercase it cannot be taken for an instruction.",
        "단계 이름은 대소문자를 가리지 않습니다. 소문자로 쓰면 명령어와 헷갈리지 않습니다.",
    ),
    exception=Text(
        "Where other files name the stage in capitals and cannot be changed.",
        "다른 파일이 이 단계를 대문자 이름으로 부르고 있어 바꿀 수 없을 때.",
    ),
    bad=(Example("FROM alpine AS BuilderBase"),),
    good=(Example("FROM alpine AS builder-base"), Example("FROM alpine")),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/stage-name-casing/",
)
