from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_OF_THE_BUILD = Pattern(r"\$(?:(?:BUILD|TARGET)PLATFORM|\{(?:BUILD|TARGET)PLATFORM\b.*\})")
_MESSAGE = Text("Do not use --platform flag with FROM", "FROM에 --platform을 쓰지 마세요")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        word = stage.stage.base.platform
        if word is not None and not _OF_THE_BUILD.fullmatch(word.text):
            yield Violation(stage.stage.base, word.span, _MESSAGE)


RULE = Rule(
    code="DL3029",
    title=Text("Leave the platform to the build", "플랫폼은 빌드할 때 정합니다"),
    reason=Text(
        "The stage is then for this platform only, whatever the build is asked for.",
        "그러면 무엇을 위해 빌드하든 이 단계는 그 플랫폼으로만 만들어집니다.",
    ),
    exception=Text("Where the stage is for one platform on purpose.", "일부러 한 플랫폼만을 위한 단계일 때."),
    bad=(
        Example("FROM --platform=linux/amd64 debian:12"),
        Example("ARG PLATFORM=linux/arm64\nFROM --platform=$PLATFORM debian:12 AS arm64"),
    ),
    good=(
        Example("FROM debian:12"),
        Example("FROM --platform=$BUILDPLATFORM debian:12"),
        Example("FROM --platform=${BUILDPLATFORM:-linux/amd64} debian:12"),
    ),
    check=check,
    twin="FromPlatformFlagConstDisallowed",
)
