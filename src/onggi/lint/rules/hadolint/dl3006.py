from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import SCRATCH
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_HAS_VERSION = Pattern(r".*(?:@.+|:[^/]+)")
_IS_NAMED_ELSEWHERE = Pattern(r"(?:[^/$]*[.:][^/$]*/)?\$.*")
_MESSAGE = Text("Always tag the version of an image explicitly", "이미지의 버전 태그를 항상 분명히 적으세요")


def check(subject: Subject) -> Iterator[Violation]:
    """An image that is all a variable is left to whoever sets that; a build context is none."""
    names = {SCRATCH, *subject.facts.named}
    for stage in subject.stages:
        base = stage.stage.base
        name = subject.outer.expand(base.image.text)
        if not (
            name.lower() in names or _HAS_VERSION.fullmatch(name) or _IS_NAMED_ELSEWHERE.fullmatch(base.image.text)
        ):
            yield Violation(base, base.image.span, _MESSAGE)
        if base.name is not None:
            names.add(base.name.text)


RULE = Rule(
    code="DL3006",
    title=Text("Always tag the version of an image", "이미지의 버전 태그를 항상 적습니다"),
    reason=Text(
        "Without a tag it is latest: what that is changes without a change in the Dockerfile.",
        "태그가 없으면 latest이고, 그것이 가리키는 것은 Dockerfile이 그대로여도 바뀝니다.",
    ),
    exception=Text(
        "Where the image is your own and its latest is what is to be tested.",
        "직접 만드는 이미지이고 바로 그 latest를 시험하려 할 때.",
    ),
    bad=(
        Example("FROM debian"),
        Example("FROM localhost:5000/team/api AS api"),
        Example("FROM debian:12 AS build\nFROM built"),
    ),
    good=(
        Example("FROM debian:12"),
        Example("FROM scratch"),
        Example("FROM debian:12 AS Build\nFROM build"),
        Example("FROM debian@sha256:" + "0" * 64),
        Example("ARG IMAGE=debian\nFROM $IMAGE"),
        Example("ARG VERSION=:12\nFROM debian$VERSION"),
    ),
    check=check,
)
