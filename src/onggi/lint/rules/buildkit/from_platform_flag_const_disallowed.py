from __future__ import annotations

from collections.abc import Iterator

from onggi.characters import quoted
from onggi.dockerfile.syntax import Word
from onggi.errors import Invalid
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation
from onggi.oci import platform as platforms

_MESSAGE = Text(
    "FROM --platform flag should not use constant value {value}",
    "FROM --platform에 고정된 값 {value}를 쓰지 마세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """A stage that is named after the platform is meant for it."""
    for stage in subject.dockerfile.stages:
        word = stage.base.platform
        if word is None:
            continue
        expansion = subject.outer.look_up(word.text)
        if not expansion.found and not expansion.missed and not _names(stage.base.name, expansion.text):
            yield Violation(stage.base, word.span, _MESSAGE.format(value=quoted(expansion.text)))


def _names(name: Word | None, text: str) -> bool:
    """Whether the stage's name has the platform in it, or what is written is none: the build says so then."""
    try:
        platform = platforms.parse(text)
    except Invalid:
        return True
    return name is not None and (platform.os in name.text or platform.architecture in name.text)


RULE = Rule(
    code="FromPlatformFlagConstDisallowed",
    title=Text("FROM --platform flag should not use a constant value", "FROM --platform에는 고정된 값을 쓰지 않습니다"),
    reason=Text(
        "The build is then for this platform only, whatever --platform says; a variable leaves that to the caller.",
        "그러면 --platform으로 무엇을 주든 그 플랫폼으로만 빌드됩니다. 변수를 쓰면 빌드하는 사람이 정할 수 있습니다.",
    ),
    exception=Text(
        "Where the stage is for one platform on purpose: name the stage after it.",
        "일부러 한 플랫폼만을 위한 단계일 때. 단계 이름에 플랫폼을 넣으세요.",
    ),
    bad=(Example("FROM --platform=linux/amd64 alpine AS base"), Example("FROM --platform=arm64 alpine")),
    good=(
        Example("FROM alpine AS base"),
        Example("FROM --platform=$BUILDPLATFORM alpine AS base"),
        Example("FROM --platform=linux/amd64 alpine AS build_amd64"),
        Example("FROM --platform=linux/amd64 alpine AS linux-tools"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/from-platform-flag-const-disallowed/",
)
