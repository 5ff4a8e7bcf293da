from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from onggi.dockerfile.syntax import Add, Arg, Copy, Env, Run, Word
from onggi.lint.knowledge.managers import deed
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.distribution import installs
from onggi.lint.view.lineage import lineages
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_CHANGING = Pattern(
    r"(?:\w+_)?(?:GIT|VCS|SOURCE|CI)_(?:\w+_)?(?:SHA|COMMIT|REF|REV|REVISION|HASH|TAG|BRANCH|DESCRIBE|PIPELINE_ID|JOB_ID)"
    r"|(?:\w+_)?(?:COMMIT|REVISION)(?:_(?:SHA|HASH|ID|REF))?|GITHUB_(?:SHA|RUN_ID|RUN_NUMBER)|SHA|SHORT_SHA"
    r"|(?:\w+_)?BUILD_?(?:DATE|TIME|TIMESTAMP|NUMBER|ID|NUM|VERSION)|(?:\w+_)?TIMESTAMP",
    re.IGNORECASE,
)
_OFTEN_CHANGING = Pattern(r"(?:APP|IMAGE|PROJECT|RELEASE|SERVICE|PACKAGE)_?VERSION|RELEASE", re.IGNORECASE)
_MESSAGE = Text(
    "Each new {name} makes the install in line {line} run again: move this line behind it",
    "{name} 값이 바뀔 때마다 {line}번째 줄의 설치를 다시 합니다. 이 줄을 그 뒤로 옮기세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """ARG and ENV are part of what a RUN is kept by. A LABEL is not: it changes the image's configuration alone."""
    for image in lineages(subject):
        steps = image.stage.steps
        heavy = _heavy(steps)
        told: set[str] = set()
        for place, step in enumerate(steps if heavy else ()):
            for word in _changing(step):
                end = _first_use(word.text, steps, place + 1)
                line = next((line for index, line in heavy if place < index < end), None)
                if line is not None and word.text not in told:
                    told.add(word.text)
                    yield step.violation(word.span, _MESSAGE.format(name=word.text, line=str(line)))


def _heavy(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """The RUNs that install something: where among the steps, and in which line."""
    found = {id(step): found.command.place.line for step, found in installs(steps)}
    for step in steps:
        if step.run is not None:
            deeds = (command.place.line for command in step.commands if deed(command) is not None)
            line = next(deeds, None)
            if line is not None:
                found.setdefault(id(step), line)
    return [(index, found[id(step)]) for index, step in enumerate(steps) if id(step) in found]


def _changing(step: Step) -> Iterator[Word]:
    match step.instruction:
        case Arg(definitions=definitions):
            names = [definition.name for definition in definitions]
        case Env(pairs=pairs):
            names = [pair.name for pair in pairs if "$" in pair.value.text]
        case _:
            return
    yield from (name for name in names if _CHANGING.fullmatch(name.text) or _OFTEN_CHANGING.fullmatch(name.text))


def _first_use(name: str, steps: Sequence[Step], start: int) -> int:
    """The place of the first step from `start` on that makes files and asks for it: it has to stand before that."""
    pattern = re.compile(rf"\b{re.escape(name)}\b")
    for place in range(start, len(steps)):
        instruction = steps[place].instruction
        if isinstance(instruction, Run | Copy | Add) and pattern.search(instruction.origin.text):
            return place
    return len(steps)


RULE = Rule(
    code="OG1002",
    title=Text("Say late what changes often", "자주 바뀌는 값은 뒤에 둡니다"),
    reason=Text(
        "An ARG or ENV is part of the key of each RUN behind it. A commit or a date is new with every build, so that "
        "nothing behind it is ever taken from the cache.",
        "ARG와 ENV는 그 뒤에 오는 모든 RUN의 캐시 키에 들어갑니다. "
        "커밋이나 날짜는 빌드할 때마다 달라지므로 그 뒤로는 캐시를 쓸 수 없습니다.",
    ),
    exception=Text(
        "Where the step behind it has to run again with each value.",
        "값이 바뀔 때마다 뒤의 단계를 꼭 다시 해야 할 때.",
    ),
    bad=(
        Example("FROM node:22-slim\nARG GIT_SHA\nENV SENTRY=$GIT_SHA\nCOPY package*.json ./\nRUN npm ci"),
        Example("FROM debian:12\nARG BUILD_DATE\nLABEL date=$BUILD_DATE\nRUN apt-get update && apt-get install -y git"),
        Example("FROM python:3.13-slim\nARG TAG\nENV APP_VERSION=$TAG\nRUN pip install -r requirements.txt"),
        Example("FROM golang:1.24\nARG VCS_REF\nCOPY go.mod .\nRUN go mod download\nRUN go build -o $VCS_REF"),
    ),
    good=(
        Example("FROM debian:12\nARG APP_VERSION\nENV APP_VERSION=$APP_VERSION\nADD https://f/a-$APP_VERSION.tgz /"),
        Example("FROM node:22-slim\nRUN npm ci\nARG GIT_SHA\nENV SENTRY=$GIT_SHA"),
        Example("FROM node:22-slim\nARG NODE_ENV=production\nENV PORT=3000 APP_VERSION=1.2\nRUN npm ci"),
        Example("FROM debian:12\nARG APP_VERSION=1.2\nRUN apt-get update && apt-get install -y app=$APP_VERSION"),
        Example('FROM golang:1.24\nRUN go mod download\nARG GIT_SHA\nRUN go build -ldflags "-X main.sha=$GIT_SHA"'),
        Example("FROM debian:12\nARG GIT_SHA\nCOPY app /app"),
        Example("ARG GIT_SHA\nFROM debian:12\nRUN apt-get install -y git\nLABEL revision=$GIT_SHA"),
    ),
    check=check,
)
