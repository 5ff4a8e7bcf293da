from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_NAME = "TARGETPLATFORM"
_MESSAGE = Text(
    "Setting platform to predefined {word} in FROM is redundant as this is the default behavior",
    "FROM의 플랫폼은 본디 {word}이므로 따로 적을 필요가 없습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.dockerfile.stages:
        word = stage.base.platform
        if word is None:
            continue
        expansion = subject.outer.look_up(word.text)
        is_only_target = expansion.found == (_NAME,) and not expansion.missed
        if is_only_target and expansion.text == subject.outer.variables[_NAME]:
            yield Violation(stage.base, word.span, _MESSAGE.format(word=word.text))


RULE = Rule(
    code="RedundantTargetPlatform",
    title=Text(
        "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
        "FROM --platform=$TARGETPLATFORM은 기본값과 같아 필요 없습니다",
    ),
    reason=Text(
        "A stage is for the target's platform unless it says otherwise.",
        "따로 말하지 않으면 단계는 목표 플랫폼을 위한 것입니다.",
    ),
    exception=Text(
        "Where the file is also built by tools that have another default.",
        "기본값이 다른 도구로도 이 파일을 빌드할 때.",
    ),
    bad=(Example("FROM --platform=$TARGETPLATFORM alpine"), Example("FROM --platform=${TARGETPLATFORM} alpine")),
    good=(
        Example("FROM alpine"),
        Example("FROM --platform=$BUILDPLATFORM alpine"),
        Example("FROM --platform=$TARGETOS/$TARGETARCH alpine"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/redundant-target-platform/",
)
