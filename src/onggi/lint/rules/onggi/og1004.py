from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Run
from onggi.lint.managers import GO, deed
from onggi.lint.mounts import has_cache
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "All packages are compiled anew each time: keep {cache} with --mount=type=cache,target={cache}",
    "매번 모든 패키지를 다시 컴파일합니다. {cache} 폴더를 --mount=type=cache,target={cache} 마운트에 남겨 두세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Where sources are fetched again as well (mvn, gradle, cargo), OG1001 tells."""
    for step in subject.runs():
        run = step.inner
        if not isinstance(run, Run) or has_cache(run):
            continue
        for command in step.commands:
            found = deed(command)
            if found is not None and found.manager is GO and found.is_build:
                yield step.violation(found.command.span, _MESSAGE.format(cache=GO.cache))
                break


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
        Example("FROM golang:1.24\nCOPY . .\nRUN go vet ./... && CGO_ENABLED=0 go test ./... && go build ./..."),
    ),
    good=(
        Example("FROM golang:1.24\nRUN --mount=type=cache,target=/root/.cache/go-build go build -o /app ./cmd/app"),
        Example("FROM golang:1.24\nRUN go mod download"),
        Example("FROM golang:1.24\nRUN go install golang.org/x/tools/gopls@v0.16.0"),
        Example("FROM rust:1.84\nCOPY . .\nRUN cargo build --release"),
    ),
    check=check,
    severity=Severity.STYLE,
)
