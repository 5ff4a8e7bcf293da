from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import NPM, unpinned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_PINNED = Pattern(
    r"(?:git|git\+\w+)://.*\#.*"
    r"|(?!git(?:\+\w+)?://)(?:\.\.?|(?:/|\./|\.\./|~/).*|.*\.(?:tar|tar\.gz|tgz)|@[^@]+@.*|[^@].*@.*|[\w.-]+[:/].*\#.*)"
)
_MESSAGE = Text(
    "Pin versions in npm. Instead of `npm install <package>` use `npm install <package>@<version>`",
    "npm에 버전을 적으세요. `npm install <패키지>` 대신 `npm install <패키지>@<버전>`",
)


def check(subject: Subject) -> Iterator[Violation]:
    yield from unpinned(subject, NPM, _PINNED.fullmatch, _MESSAGE)


RULE = Rule(
    code="DL3016",
    title=Text("Pin the versions of npm packages", "npm 패키지의 버전을 고정합니다"),
    reason=Text(
        "The newest version is installed, whichever that is on the day: the build breaks without a change.",
        "그날의 가장 새 버전이 설치되므로, 바꾼 것이 없어도 빌드가 깨집니다.",
    ),
    exception=Text(
        "Where the tool is used in the build only, and the newest is wanted.",
        "빌드에만 쓰는 도구이고 가장 새 버전을 원할 때.",
    ),
    bad=(
        Example("FROM node:20\nRUN npm install express"),
        Example("FROM node:20\nRUN npm i -g --registry https://example.org yarn"),
        Example("FROM node:20\nRUN npm install @scope/a express@4"),
        Example("FROM node:20\nRUN npm install git+https://example.org/a.git"),
    ),
    good=(
        Example("FROM node:20\nRUN npm install"),
        Example("FROM node:20\nRUN npm install express@4.19.2 @scope/a@1 ./mine"),
        Example("FROM node:20\nRUN npm install git+https://example.org/a.git#v1"),
        Example("FROM node:20\nRUN npm install --omit dev ."),
    ),
    check=check,
)
