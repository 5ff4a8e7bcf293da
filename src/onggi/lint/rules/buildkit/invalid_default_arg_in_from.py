from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.scope import global_scope
from onggi.errors import Invalid
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation
from onggi.oci import reference

_MESSAGE = Text(
    "Default value for ARG {word} results in empty or invalid base image name",
    "ARG의 기본값으로는 {word}가 비어 있거나 잘못된 이미지 이름이 됩니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """As if the caller had given no build argument."""
    scope = global_scope(subject.dockerfile, subject.facts.automatic, {})
    for stage in subject.dockerfile.stages:
        word = stage.base.image
        if not _is_name(scope.expand(word.text)):
            yield Violation(stage.base, word.span, _MESSAGE.format(word=word.text))


def _is_name(text: str) -> bool:
    try:
        reference.parse(text)
    except Invalid:
        return False
    return True


RULE = Rule(
    code="InvalidDefaultArgInFrom",
    title=Text(
        "Default value for global ARG results in an empty or invalid base image name",
        "ARG의 기본값만으로도 베이스 이미지 이름이 올바라야 합니다",
    ),
    reason=Text(
        "Whoever builds without the right --build-arg, as editors and scanners do, gets an error about the name.",
        "알맞은 --build-arg 없이 빌드하는 사람과 편집기, 검사 도구는 이름이 잘못되었다는 오류를 만납니다.",
    ),
    exception=Text("Where the argument has no sensible default.", "그 인자에 알맞은 기본값이 있을 수 없을 때."),
    bad=(Example("ARG TAG\nFROM busybox:${TAG}"), Example("ARG IMAGE\nFROM $IMAGE"), Example("FROM $NOTHING")),
    good=(
        Example("ARG TAG=latest\nFROM busybox:${TAG}"),
        Example("ARG VARIANT\nFROM busybox:stable${VARIANT}"),
        Example("ARG TAG\nFROM alpine:${TAG:-3.14}"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/invalid-default-arg-in-from/",
)
