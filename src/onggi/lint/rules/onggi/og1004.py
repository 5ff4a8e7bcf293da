from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Run
from onggi.lint.knowledge.managers import GO, deed
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.leavings import is_mounted
from onggi.lint.view.lineage import lineages
from onggi.lint.view.mounts import has_cache
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "All packages are compiled anew each time: keep {cache} with --mount=type=cache,target={cache}",
    "매번 모든 패키지를 다시 컴파일합니다. {cache} 폴더를 --mount=type=cache,target={cache} 마운트에 남겨 두세요",
)
_AGAIN = Text(
    "The modules that line {line} has downloaded lie in its cache mount, and are downloaded again: add {mounts}",
    "{line}번째 줄에서 받은 모듈은 그 캐시 마운트에만 있어 여기서 다시 내려받습니다. 덧붙일 것: {mounts}",
)
_MODULES = "/go/pkg/mod"


def check(subject: Subject) -> Iterator[Violation]:
    """Where sources are fetched again as well (mvn, gradle, cargo), OG1001 tells."""
    away = _away(subject)
    for step in subject.runs():
        command = next((command for command in step.commands if _is_build(command)), None)
        if command is None or not isinstance(step.inner, Run):
            continue
        download = None if is_mounted(step.inner, _MODULES, _MODULES.lstrip("/")) else away.get(id(step))
        if download is not None and not command.has_argument("-mod=vendor"):
            folders = (_MODULES,) if has_cache(step.inner) else (_MODULES, GO.cache)
            mounts = " ".join(f"--mount=type=cache,target={folder}" for folder in folders)
            line = str(download.instruction.origin.span.line)
            yield step.violation(command.span, _AGAIN.format(line=line, mounts=mounts))
        elif not has_cache(step.inner):
            yield step.violation(command.span, _MESSAGE.format(cache=GO.cache))


def _away(subject: Subject) -> dict[int, Step]:
    """By the identity of a step, the one before it that downloaded the modules, if it did so into a cache mount."""
    found: dict[int, Step] = {}
    for image in lineages(subject):
        last: Step | None = None
        for step in image.steps:
            if last is not None:
                found[id(step)] = last
            if step.run is not None and any(map(_is_download, step.commands)):
                last = step if is_mounted(step.run, _MODULES, _MODULES.lstrip("/")) else None
    return found


def _is_build(command: Command) -> bool:
    found = deed(command)
    return found is not None and found.manager is GO and found.is_build


def _is_download(command: Command) -> bool:
    found = deed(command)
    return found is not None and found.manager is GO and not found.is_build


RULE = Rule(
    code="OG1004",
    title=Text("Keep what Go has compiled", "Go가 컴파일한 것을 남겨 둡니다"),
    reason=Text(
        "Go compiles only what has changed since it last looked. In a RUN it has never looked before: one changed line "
        "costs the time of all packages. A cache mount outlives the layer.",
        "Go는 바뀐 패키지만 다시 컴파일합니다. 그런데 RUN은 매번 빈 상태에서 시작하므로 "
        "한 줄만 고쳐도 모든 패키지를 컴파일합니다. 캐시 마운트는 레이어가 사라져도 남습니다.",
    ),
    exception=Text(
        "Where each build starts on a fresh machine: nothing is there to be found again.",
        "빌드할 때마다 새 기계에서 시작해 남은 캐시가 없을 때.",
    ),
    bad=(
        Example(
            "FROM golang:1.24\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build -o /app ./cmd/app"
        ),
        Example(
            "FROM golang:1.24\nCOPY go.mod go.sum ./\nRUN --mount=type=cache,target=/go/pkg/mod go mod download\n"
            "COPY . .\nRUN --mount=type=cache,target=/root/.cache/go-build go build -o /app ./cmd/app"
        ),
        Example(
            "FROM golang:1.24 AS base\nRUN --mount=type=cache,target=/go/pkg/mod go mod download\n\nFROM base\n"
            "COPY . .\nRUN go build -o /app"
        ),
        Example("FROM golang:1.24\nCOPY . .\nRUN go vet ./... && CGO_ENABLED=0 go test ./... && go build ./..."),
    ),
    good=(
        Example("FROM golang:1.24\nRUN --mount=type=cache,target=/root/.cache/go-build go build -o /app ./cmd/app"),
        Example("FROM golang:1.24\nRUN go mod download"),
        Example(
            "FROM golang:1.24\nRUN --mount=type=cache,target=/go/pkg/mod go mod download\nCOPY . .\n"
            "RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build go build"
        ),
        Example(
            "FROM golang:1.24\nRUN go mod download\nCOPY . .\n"
            "RUN --mount=type=cache,target=/root/.cache/go-build go build -o /app"
        ),
        Example("FROM golang:1.24\nRUN go install golang.org/x/tools/gopls@v0.16.0"),
        Example("FROM rust:1.84\nCOPY . .\nRUN cargo build --release"),
    ),
    check=check,
    severity=Severity.STYLE,
)
