from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import OnBuild
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.leavings import Cache, uncleaned
from onggi.lint.view.lineage import inherited
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "`yarn cache clean` missing after `yarn install` was run",
    "`yarn install` 뒤에 `yarn cache clean`이 없습니다",
)
_YARN = Cache(
    program="yarn",
    fills=frozenset({"install"}),
    cleans=frozenset({"cache", "clean"}),
    cleaning="yarn cache clean",
    folders=(".cache/yarn", "/usr/local/share/.cache/yarn"),
)


def check(subject: Subject) -> Iterator[Violation]:
    """Not in a stage that none begins on: what is copied from it is not the cache."""
    kept = {id(step) for stage in inherited(subject) for step in stage.steps}
    steps = (step for step in subject.runs() if id(step) in kept or isinstance(step.instruction, OnBuild))
    return uncleaned(steps, _YARN, _MESSAGE)


RULE = Rule(
    code="DL3060",
    title=Text("Clean up after yarn in the same RUN", "yarn을 쓴 RUN 안에서 캐시를 지웁니다"),
    reason=Text(
        "yarn keeps a copy of every package that it installs, for a next time that an image never sees.",
        "yarn은 설치하는 패키지마다 사본을 남겨 둡니다. 이미지에는 그것을 쓸 다음 번이 없습니다.",
    ),
    exception=Text("Where only node_modules is copied on.", "node_modules만 복사해 갈 때."),
    bad=(
        Example(
            "FROM node:22\nRUN yarn install --frozen-lockfile",
            fixed="FROM node:22\nRUN yarn install --frozen-lockfile && yarn cache clean",
        ),
        Example(
            "FROM node:22 AS base\nRUN yarn install\n\nFROM base\nRUN yarn build",
            fixed="FROM node:22 AS base\nRUN yarn install && yarn cache clean\n\nFROM base\nRUN yarn build",
        ),
        Example("FROM node:22\nONBUILD RUN yarn install | cat"),
    ),
    good=(
        Example("FROM node:22\nRUN yarn install && yarn cache clean"),
        Example("FROM node:22\nRUN --mount=type=cache,target=/usr/local/share/.cache/yarn yarn install"),
        Example("FROM node:22 AS build\nRUN yarn install\n\nFROM node:22-slim\nCOPY --from=build /app /app"),
    ),
    check=check,
    severity=Severity.INFO,
)
