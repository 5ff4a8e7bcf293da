from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.knowledge.ballast import Kind
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import swept
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{verb} takes the virtual environment {paths} along: {amount}; add to .dockerignore: {lines}",
    "{verb}에 가상 환경 {paths}까지 딸려 갑니다: {amount}. .dockerignore에 적으세요: {lines}",
)


def check(subject: Subject) -> Iterator[Violation]:
    for each in swept(subject, Kind.ENVIRONMENT):
        yield each.violation(_MESSAGE)


_FILES = {"app.py": "run()", ".venv/pyvenv.cfg": "home = /usr/bin", ".venv/lib/python3.12/site-packages/a.py": "…"}

RULE = Rule(
    code="OG6004",
    title=Text("Leave virtual environments out of the context", "파이썬 가상 환경은 빌드 컨텍스트에서 뺍니다"),
    reason=Text(
        "A virtual environment has the paths of this machine and its Python written into it: it does not run "
        "elsewhere, and makes the image larger by all that is installed in it.",
        "가상 환경에는 이 컴퓨터의 경로와 파이썬이 박혀 있어서 다른 곳에서는 돌지 않습니다. "
        "설치된 패키지만큼 이미지만 커집니다.",
    ),
    exception=Text(
        "Where it was made for the image, at the same path and with the same Python.",
        "이미지와 같은 경로, 같은 파이썬으로 만든 가상 환경일 때.",
    ),
    bad=(
        Example("FROM python:3.12-slim\nCOPY . /app", ignore=".git", files=_FILES),
        Example(
            "FROM python:3.12-slim\nCOPY api /app", files={"api/env/pyvenv.cfg": "home = /usr/bin", "api/app.py": "…"}
        ),
    ),
    good=(
        Example("FROM python:3.12-slim\nCOPY . /app", ignore=".venv", files=_FILES),
        Example("FROM python:3.12-slim\nCOPY . /app", files={"env/settings.py": "…", "venv/README": "…"}),
        Example("FROM python:3.12-slim\nCOPY .venv /app/.venv\nCOPY app.py /app/", files=_FILES),
    ),
    check=check,
)
