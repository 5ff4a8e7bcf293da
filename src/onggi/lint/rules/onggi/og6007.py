from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.knowledge.ballast import Kind
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import swept
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{verb} takes what describes the build along: {paths}; add to .dockerignore: {lines}",
    "{verb}에 빌드 설정 파일까지 딸려 갑니다: {paths}. .dockerignore에 적으세요: {lines}",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Without a .dockerignore at all, its absence is told instead."""
    context = subject.facts.context
    if context is not None and context.has_ignore_file:
        for each in swept(subject, Kind.BUILD_FILE, is_wanted=lambda ballast: not ballast.path.endswith("ignore")):
            yield each.violation(_MESSAGE)


_FILES = {"server.js": "listen()", "Dockerfile": "FROM …", "compose.yaml": "services: …", ".dockerignore": ".git"}

RULE = Rule(
    code="OG6007",
    title=Text("Leave the Dockerfile out of the context", "Dockerfile은 빌드 컨텍스트에서 뺍니다"),
    reason=Text(
        "With the Dockerfile in the image, each edit of its last line runs this step again and all that follow. "
        "The builder reads it in any case.",
        "Dockerfile이 이미지에 들어가면 마지막 줄만 고쳐도 이 단계부터 다시 실행됩니다. "
        "빼 두어도 빌더는 Dockerfile을 읽습니다.",
    ),
    exception=Text("Where the image is to show how it was built.", "이미지가 어떻게 만들어졌는지 안에 남기고 싶을 때."),
    bad=(
        Example("FROM node:22-slim\nCOPY . /app", ignore=".git", files=_FILES),
        Example("FROM node:22-slim\nCOPY . /app", ignore="compose.yaml", files=_FILES),
    ),
    good=(
        Example("FROM node:22-slim\nCOPY . /app", ignore="Dockerfile\ncompose*.yaml", files=_FILES),
        Example("FROM node:22-slim\nCOPY Dockerfile server.js /app/", files=_FILES),
        Example("FROM node:22-slim\nCOPY src /app", files={"src/Dockerfile.template": "…", "src/a.js": "…"}),
    ),
    check=check,
    severity=Severity.STYLE,
)
