from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.knowledge.ballast import Kind
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import swept
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{verb} takes {paths} along: {amount}; add to .dockerignore: {lines}",
    "{verb}에 {paths}까지 딸려 갑니다: {amount}. .dockerignore에 적으세요: {lines}",
)


def check(subject: Subject) -> Iterator[Violation]:
    for each in swept(subject, Kind.MODULES):
        yield each.violation(_MESSAGE)


_FILES = {"server.js": "listen()", "package.json": "{}", "node_modules/left-pad/index.js": "…"}
_TWO = {"web/node_modules/a/index.js": "…", "api/node_modules/b/index.js": "…", "web/main.ts": "…"}

RULE = Rule(
    code="OG6003",
    title=Text("Leave node_modules out of the context", "node_modules는 빌드 컨텍스트에서 뺍니다"),
    reason=Text(
        "What is installed on this machine is for this machine: its system, its Node, with everything for "
        "development. Copied over what the image has installed it replaces that, and it is thousands of files to read.",
        "이 컴퓨터에 설치된 패키지는 이 컴퓨터의 것입니다. 운영체제와 Node 버전이 다르고 개발용 패키지도 있습니다. "
        "복사하면 이미지에 설치한 것을 덮어쓰고, 읽을 파일도 수천 개 늘어납니다.",
    ),
    exception=Text(
        "Where the packages are installed before the build, by the same system, and the image only takes them over.",
        "같은 환경에서 미리 설치한 패키지를 이미지가 그대로 가져갈 때.",
    ),
    bad=(
        Example("FROM node:22-slim\nCOPY . /app", ignore=".git", files=_FILES),
        Example("FROM node:22-slim\nCOPY web api /app/", files=_TWO),
        Example("FROM node:22-slim\nCOPY * /app/", files=_FILES),
    ),
    good=(
        Example("FROM node:22-slim\nCOPY . /app", ignore="node_modules", files=_FILES),
        Example("FROM node:22-slim\nCOPY . /app", ignore="**/node_modules", files=_TWO),
        Example("FROM node:22-slim\nCOPY node_modules /app/node_modules", files=_FILES),
        Example("FROM node:22-slim\nCOPY package*.json server.js /app/", files=_FILES),
        Example("FROM node:22-slim\nCOPY --exclude=**/node_modules web /app/", files=_TWO),
    ),
    check=check,
)
