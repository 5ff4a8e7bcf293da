from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Maintainer
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Maintainer instruction is deprecated in favor of using label",
    "MAINTAINER 명령어는 더 쓰지 않습니다. LABEL을 쓰세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for instruction in subject.dockerfile.instructions():
        if isinstance(instruction, Maintainer):
            yield Violation(instruction, instruction.origin.span, _MESSAGE)


RULE = Rule(
    code="MaintainerDeprecated",
    title=Text(
        "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
        "MAINTAINER는 더 쓰지 않습니다. 이미지를 만든 이는 레이블로 적습니다",
    ),
    reason=Text(
        "The label org.opencontainers.image.authors says the same, and tools read it as they read other labels.",
        "org.opencontainers.image.authors 레이블이 같은 일을 하며, 도구들은 다른 레이블처럼 이를 읽습니다.",
    ),
    exception=Text(
        "Where something still reads the image's author field.", "이미지의 author 항목을 아직 읽는 곳이 있을 때."
    ),
    bad=(Example("FROM alpine\nMAINTAINER moby@example.com"),),
    good=(Example('FROM alpine\nLABEL org.opencontainers.image.authors="moby@example.com"'),),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/",
)
