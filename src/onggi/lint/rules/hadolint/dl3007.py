from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Using latest is prone to errors if the image will ever update. Pin the version explicitly to a release tag",
    "latest는 이미지가 바뀌면 문제가 생기기 쉽습니다. 버전 태그를 분명히 적으세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        base = stage.stage.base
        if base.image.text.endswith(":latest"):
            yield Violation(base, base.image.span, _MESSAGE)


RULE = Rule(
    code="DL3007",
    title=Text("Name a version, not latest", "latest 대신 버전을 적습니다"),
    reason=Text(
        "What latest means changes without a change in the Dockerfile.",
        "Dockerfile이 그대로여도 latest가 가리키는 것은 바뀝니다.",
    ),
    exception=Text(
        "Where the image is your own and latest is what you want to test.",
        "직접 만드는 이미지이고 바로 그 latest를 시험하려 할 때.",
    ),
    bad=(Example("FROM debian:latest"),),
    good=(Example("FROM debian:12"), Example("FROM debian:latest@sha256:" + "0" * 64)),
    check=check,
)
