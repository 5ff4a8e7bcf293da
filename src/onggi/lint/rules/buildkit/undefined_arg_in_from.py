from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.suggestion import near
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("FROM argument '{name}' is not declared", "FROM에 쓴 '{name}' 인자가 선언되지 않았습니다")
_NEAR = Text(
    "FROM argument '{name}' is not declared (did you mean {near}?)",
    "FROM에 쓴 '{name}' 인자가 선언되지 않았습니다 ({near}인가요?)",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Declared is what an ARG before the first FROM names, with or without a value."""
    known = dict.fromkeys((*subject.outer.variables, *subject.outer.declared))
    for stage in subject.dockerfile.stages:
        for word in (stage.base.image, stage.base.platform):
            missed = () if word is None else subject.outer.look_up(word.text).missed
            for name in missed:
                if word is not None and name not in known:
                    meant = near(name, known)
                    message = _MESSAGE.format(name=name) if meant is None else _NEAR.format(name=name, near=meant)
                    yield Violation(stage.base, word.span, message)


RULE = Rule(
    code="UndefinedArgInFrom",
    title=Text("FROM command must use declared ARGs", "FROM에는 선언된 ARG만 씁니다"),
    reason=Text(
        "A variable that no ARG before the first FROM declares is empty, whatever --build-arg says.",
        "첫 FROM 앞의 ARG로 선언되지 않은 변수는 --build-arg를 주더라도 비어 있습니다.",
    ),
    exception=Text(
        "Where the variable has a default in place, ${name:-default}, and is not meant to be set.",
        "${name:-기본값}처럼 그 자리에 기본값이 있고, 밖에서 정할 뜻이 없을 때.",
    ),
    bad=(
        Example("FROM node:22${VARIANT} AS jsbuilder"),
        Example("FROM --platform=$BULIDPLATFORM alpine"),
        Example("FROM alpine AS a\nARG TAG=1\nFROM alpine:${TAG:-2}"),
    ),
    good=(
        Example('ARG VARIANT="-alpine3.20"\nFROM node:22${VARIANT} AS jsbuilder'),
        Example("FROM --platform=$BUILDPLATFORM alpine"),
        Example("ARG DEBUG\nFROM alpine${DEBUG:+:edge}"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/undefined-arg-in-from/",
)
