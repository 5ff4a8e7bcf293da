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
_NEEDS_NO_HISTORY = frozenset({"clone", "config", "init", "lfs", "fetch", "version", "ls-remote"})


def check(subject: Subject) -> Iterator[Violation]:
    if not _asks_for_history(subject):
        for each in swept(subject, Kind.REPOSITORY):
            yield each.violation(_MESSAGE)


def _asks_for_history(subject: Subject) -> bool:
    """A build may tell its version by `git describe`."""
    return any(
        command.program == "git" and command.operands and command.operands[0].text not in _NEEDS_NO_HISTORY
        for step in subject.runs()
        for command in step.commands
    )


_FILES = {"server.js": "listen()", ".git/HEAD": "ref: refs/heads/main", ".git/objects/pack/pack-1.pack": "…"}

RULE = Rule(
    code="OG6002",
    title=Text("Leave the repository's history out of the context", "저장소 기록은 빌드 컨텍스트에서 뺍니다"),
    reason=Text(
        "With .git an image carries every version of every file, also what was deleted because it was secret; and "
        "each commit or fetch changes it, so that the cache is of no use from here on.",
        ".git이 들어가면 모든 파일의 모든 버전이 이미지에 남습니다. 비밀이라서 지운 것도요. "
        "커밋이나 fetch를 할 때마다 바뀌므로 여기서부터는 캐시도 쓸 수 없습니다.",
    ),
    exception=Text(
        "Where a step tells the version from the history by other means than git itself (setuptools-scm, a Go build).",
        "setuptools-scm이나 Go 빌드처럼 git 명령 없이도 기록에서 버전을 읽을 때.",
    ),
    bad=(
        Example("FROM node:22-slim\nCOPY . /app", ignore="node_modules", files=_FILES),
        Example(
            "FROM node:22-slim\nCOPY services /srv/",
            files={"services/a/.git/objects/00/1": "…", "services/a/main.js": "…"},
        ),
        Example("FROM debian:12\nRUN git clone https://example.com/lib.git\nADD . /src", files=_FILES),
    ),
    good=(
        Example("FROM node:22-slim\nCOPY . /app", ignore=".git", files=_FILES),
        Example("FROM node:22-slim\nCOPY . /app", ignore=".git\n!.git/HEAD", files=_FILES),
        Example("FROM golang:1.24\nCOPY . /src\nRUN go build -ldflags=$(git describe --tags)", files=_FILES),
        Example("FROM node:22-slim\nCOPY --exclude=.git . /app", files=_FILES),
        Example("FROM node:22-slim\nCOPY .git /tmp/.git\nCOPY server.js .", files=_FILES),
        Example("FROM node:22-slim\nCOPY server.js .", files=_FILES),
    ),
    check=check,
)
