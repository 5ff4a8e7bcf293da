from __future__ import annotations

from collections.abc import Iterator

from onggi.characters import quoted
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Duplicate stage name {name}, stage names should be unique",
    "{name} 단계가 둘 이상입니다. 단계 이름은 서로 달라야 합니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    seen: set[str] = set()
    for stage in subject.dockerfile.stages:
        name = stage.base.name
        if name is None:
            continue
        if name.text in seen:
            yield Violation(stage.base, name.span, _MESSAGE.format(name=quoted(name.text)))
        seen.add(name.text)


RULE = Rule(
    code="DuplicateStageName",
    title=Text("Stage names should be unique", "단계 이름은 겹치지 않아야 합니다"),
    reason=Text(
        "Which of the stages a name means depends on where it is used; the others cannot be named at all.",
        "이름이 어느 단계를 뜻하는지가 쓰이는 곳에 따라 달라지고, 나머지 단계는 부를 수 없게 됩니다.",
    ),
    exception=Text("Never needed: give one of them another name.", "예외가 필요 없습니다. 하나의 이름을 바꾸세요."),
    bad=(Example("FROM debian AS builder\n\nFROM golang AS Builder"),),
    good=(Example("FROM debian AS deb-builder\n\nFROM golang AS go-builder\n\nFROM scratch\n\nFROM scratch"),),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/duplicate-stage-name/",
)
