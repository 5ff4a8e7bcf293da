from __future__ import annotations

from collections.abc import Iterator

from onggi.characters import quoted
from onggi.dockerfile.syntax import SCRATCH
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_RESERVED = frozenset({SCRATCH, "context"})
_MESSAGE = Text(
    "Stage name should not use the same name as reserved stage {name}",
    "{name} 같은 예약된 이름은 단계 이름으로 쓸 수 없습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.dockerfile.stages:
        name = stage.base.name
        if name is not None and name.text in _RESERVED:
            yield Violation(stage.base, name.span, _MESSAGE.format(name=quoted(name.text)))


RULE = Rule(
    code="ReservedStageName",
    title=Text("Reserved words should not be used as stage names", "예약어는 단계 이름으로 쓰지 않습니다"),
    reason=Text(
        "scratch is the empty image and context the build context; a stage of that name cannot be told from them.",
        "scratch는 빈 이미지를, context는 빌드 컨텍스트를 뜻하므로 같은 이름의 단계와 구별되지 않습니다.",
    ),
    exception=Text("Never needed: give the stage another name.", "예외가 필요 없습니다. 단계 이름을 바꾸세요."),
    bad=(Example("FROM alpine AS scratch"), Example("FROM alpine AS context")),
    good=(Example("FROM scratch AS empty"),),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/reserved-stage-name/",
)
