from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.lineage import sources
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_FOR_OTHERS = Pattern(r"(?:.*[-_.])?(?:base|build|builder|compile|compiler|deps|dependencies|prune|vendor)(?:[-_.].*)?")
"""Names of stages that others begin on or copy from; the others are as likely to be targets of their own."""

_VARIABLE = Pattern(r"\$(?:\w+|\{[^}]*\})")
_MESSAGE = Text("No later stage uses the stage {name}", "뒤의 어떤 단계도 {name} 단계를 쓰지 않습니다")


def check(subject: Subject) -> Iterator[Violation]:
    """A stage that is named for what it yields (test, lint, dev) may be what --target asks for."""
    used = [re.compile(_pattern(name), re.IGNORECASE) for name in set(_used(subject))]
    for stage in subject.stages[:-1]:
        base = stage.stage.base
        if base.name is not None and not _FOR_OTHERS.fullmatch(base.name.text):
            continue
        if not any(pattern.fullmatch(name) for pattern in used for name in (stage.stage.name, str(stage.stage.index))):
            place = base.image if base.name is None else base.name
            yield Violation(base, place.span, _MESSAGE.format(name=stage.stage.name))


def _used(subject: Subject) -> Iterator[str]:
    """What a FROM, a COPY --from or a mount names, as written."""
    for stage in subject.stages:
        yield stage.stage.base.image.text
        for step in stage.steps:
            yield from sources(step)


def _pattern(name: str) -> str:
    """A variable may be anything: `FROM build-$TARGETARCH`."""
    return ".*".join(map(re.escape, _VARIABLE.compiled.split(name)))


RULE = Rule(
    code="OG2005",
    title=Text("Each stage is used", "쓰지 않는 단계를 남기지 않습니다"),
    reason=Text(
        "A stage that nobody begins on or copies from is built for nothing, or left out without a word; often a "
        "--from names another stage than was meant.",
        "아무도 이어받거나 복사해 가지 않는 단계는 헛되이 빌드되거나 말없이 빠집니다. "
        "--from에 다른 이름을 적은 경우가 많습니다.",
    ),
    exception=Text("Where it is built by itself, with --target.", "--target으로 그 단계만 따로 빌드할 때."),
    bad=(
        Example("FROM golang:1.24 AS build\nRUN go build -o /app\n\nFROM alpine:3.20\nCOPY app /app"),
        Example("FROM node:22\nRUN npm ci\n\nFROM node:22-slim\nCOPY . ."),
        Example("FROM node:22 AS deps-dev\nRUN npm ci\n\nFROM node:22 AS deps\n\nFROM deps\nCOPY . ."),
    ),
    good=(
        Example("FROM golang:1.24 AS build\n\nFROM alpine:3.20\nCOPY --from=build /app /app"),
        Example("FROM golang:1.24 AS Build\n\nFROM alpine:3.20\nCOPY --from=0 /app /app"),
        Example(
            "FROM golang:1.24 AS build\n\nFROM alpine:3.20\nRUN --mount=type=bind,from=build,target=/b cp /b/app /"
        ),
        Example("FROM node:22 AS base\n\nFROM base AS test\nRUN npm test\n\nFROM base\nCOPY . ."),
        Example("FROM alpine:3.20 AS build-arm64\n\nFROM alpine:3.20 AS build-amd64\n\nFROM build-${TARGETARCH}"),
        Example("ARG FLAVOUR=build\nFROM alpine:3.20 AS build\n\nFROM ${FLAVOUR}\nCOPY . ."),
    ),
    check=check,
    severity=Severity.INFO,
)
