from __future__ import annotations

from collections.abc import Iterator

from onggi.characters import quoted
from onggi.dockerfile.syntax import Stage
from onggi.errors import Invalid
from onggi.lint.rule import Example, Rule
from onggi.lint.view.facts import Base
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation
from onggi.oci import platform as platforms
from onggi.oci.platform import Platform

_MESSAGE = Text(
    "Base image {image} was pulled with platform {actual}, expected {expected} for current build",
    "베이스 이미지 {image}의 플랫폼은 {actual}인데, 이 빌드에는 {expected}가 필요합니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    for found in subject.stages:
        base = found.stage.base
        known = subject.facts.bases.get(found.stage.index)
        actual = None if known is None else known.platform
        expected = _expected(found.stage, subject)
        if actual is None or expected is None:
            continue
        if (actual.os, actual.architecture) != (expected.os, expected.architecture):
            image = subject.outer.expand(base.image.text)
            message = _MESSAGE.format(image=image, actual=quoted(str(actual)), expected=quoted(str(expected)))
            yield Violation(base, base.image.span, message)


def _expected(stage: Stage, subject: Subject) -> Platform | None:
    word = stage.base.platform
    text = "$TARGETPLATFORM" if word is None else word.text
    try:
        return platforms.parse(subject.outer.expand(text))
    except Invalid:  # the build says so
        return None


RULE = Rule(
    code="InvalidBaseImagePlatform",
    title=Text(
        "Base image platform does not match expected target platform",
        "베이스 이미지의 플랫폼은 빌드하려는 플랫폼과 같아야 합니다",
    ),
    reason=Text(
        "The name leads to an image for another kind of machine: its programs run there, or by emulation.",
        "이 이름은 다른 종류의 기계를 위한 이미지를 가리킵니다. 그 프로그램은 그 기계나 에뮬레이션에서만 돕니다.",
    ),
    exception=Text(
        "Where the image holds only data, or the build means to emulate.",
        "이미지에 데이터만 있거나, 에뮬레이션할 뜻일 때.",
    ),
    bad=(Example("FROM alpine", bases={0: Base(platform=Platform("s390x"))}),),
    good=(
        Example("FROM alpine", bases={0: Base(platform=Platform("amd64"))}),
        Example("FROM --platform=linux/s390x alpine AS s390x", bases={0: Base(platform=Platform("s390x"))}),
        Example("FROM alpine"),
    ),
    check=check,
)
