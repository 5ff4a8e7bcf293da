from __future__ import annotations

from collections.abc import Iterator

from onggi.amounts import spaced_size
from onggi.lint.knowledge.ballast import Amount, Contents, Kind
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.view.takings import printable, takings
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{verb} sends the whole folder, and there is no .dockerignore: {amount}{folders}",
    ".dockerignore 없이 폴더 전체를 {verb}합니다: {amount}{folders}",
)
_FOLDERS = Text("; the largest are {folders}", ", 가장 큰 폴더는 {folders}")

_LEAST = 1000  # bytes
_SHARE = 20
"""A folder is named if it holds at least so much, and one part in so many of all."""


def check(subject: Subject) -> Iterator[Violation]:
    """Once for a file: one .dockerignore serves all of its stages."""
    context = subject.facts.context
    if context is None or context.has_ignore_file:
        return
    for taking in takings(subject):
        if taking.is_everything and _holds_sources(context.contents):
            step = taking.step
            yield step.violation(taking.word.span, _message(step.instruction.keyword, context.contents))
            return


def _holds_sources(contents: Contents) -> bool:
    """A folder with nothing but Dockerfiles is hardly what they are built with."""
    return contents.files > sum(each.kind is Kind.BUILD_FILE for each in contents.ballast)


def _message(verb: str, contents: Contents) -> Text:
    large = (each for each in contents.folders if each.size >= _LEAST and _SHARE * each.size >= contents.size)
    folders = ", ".join(f"{printable(each.path)} ({spaced_size(each.size)})" for each in large)
    return _MESSAGE.format(
        verb=verb,
        amount=Amount(".", contents.files, contents.size).text,
        folders=_FOLDERS.format(folders=folders) if folders else "",
    )


_FILES = {"Dockerfile": "FROM …", "server.js": "listen()", ".git/HEAD": "ref: …", "node_modules/left-pad/index.js": "…"}

RULE = Rule(
    code="OG6001",
    title=Text(
        "Have a .dockerignore where the whole folder is copied", "폴더 전체를 복사한다면 .dockerignore를 둡니다"
    ),
    reason=Text(
        "Everything that lies about in the folder gets into the image: history, installed packages, secrets. Each "
        "change of any of it runs this step again and all that follow.",
        "폴더에 있는 것이 모두 이미지에 들어갑니다. 커밋 기록, 설치된 패키지, 비밀 파일까지도요. "
        "그중 무엇 하나만 바뀌어도 이 단계부터 다시 실행됩니다.",
    ),
    exception=Text(
        "Where the folder is made for the build and holds nothing else, as in CI from a fresh export.",
        "CI가 새로 내보낸 폴더처럼 빌드만을 위한 폴더일 때.",
    ),
    bad=(
        Example("FROM node:22-slim\nCOPY . /app", ignore=None, files=_FILES),
        Example("FROM node:22-slim AS build\nCOPY ./ .\n\nFROM build\nADD . /all", ignore=None, files=_FILES),
        Example("FROM node:22-slim\nARG from=.\nCOPY --chown=node $from /app", ignore=None, files=_FILES),
    ),
    good=(
        Example("FROM node:22-slim\nCOPY . /app", ignore=".git\nnode_modules\nDockerfile", files=_FILES),
        Example("FROM node:22-slim\nCOPY server.js /app/", ignore=None, files=_FILES),
        Example("FROM node:22-slim\nCOPY --exclude=.git --exclude=node_modules . /app", ignore=None, files=_FILES),
        Example("FROM node:22-slim AS a\n\nFROM scratch\nCOPY --from=a . /", ignore=None, files=_FILES),
        Example("FROM node:22-slim\nONBUILD COPY . /app", ignore=None, files=_FILES),
        Example("FROM node:22-slim\nCOPY . /app", ignore=None, files={"Dockerfile": "FROM …"}),
        Example("FROM node:22-slim\nCOPY app/package.json .\nCOPY . /app", ignore=None, files=_FILES),
        Example("FROM node:22-slim\nCOPY . /app", ignore=None),
    ),
    check=check,
)
