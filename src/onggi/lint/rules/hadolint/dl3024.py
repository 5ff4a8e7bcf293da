from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("FROM aliases (stage names) must be unique", "FROM에서 붙이는 단계 이름은 겹치지 않아야 합니다")


def check(subject: Subject) -> Iterator[Violation]:
    names: set[str] = set()
    for stage in subject.dockerfile.stages:
        name = stage.base.name
        if name is None:
            continue
        if name.text in names:
            yield Violation(stage.base, name.span, _MESSAGE)
        names.add(name.text)


RULE = Rule(
    code="DL3024",
    title=Text("Stage names are unique", "단계 이름은 겹치지 않습니다"),
    reason=Text(
        "Which stage a name means depends on where it is used then, and one of them cannot be named at all.",
        "이름이 어느 단계를 뜻하는지가 쓰이는 곳에 따라 달라지고, 부를 수 없는 단계가 생깁니다.",
    ),
    exception=Text("Never needed: give one of them another name.", "예외가 필요 없습니다. 하나의 이름을 바꾸세요."),
    bad=(
        Example("FROM debian:12 AS build\n\nFROM golang:1.22 AS build"),
        Example("FROM debian:12 AS build\n\nFROM golang:1.22 AS Build"),
    ),
    good=(Example("FROM debian:12 AS build\n\nFROM golang:1.22 AS go-build\n\nFROM debian:12"),),
    check=check,
    severity=Severity.ERROR,
    twin="DuplicateStageName",
)
