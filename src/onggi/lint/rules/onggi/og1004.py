from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Run
from onggi.lint.lineage import lineages
from onggi.lint.managers import GO, Deed, deed
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{manager} begins from nothing each time: keep {cache} with --mount=type=cache,target={cache}",
    "{manager}가 매번 처음부터 다시 합니다. --mount=type=cache,target={cache}로 남겨 두세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Dependencies that were brought by a step of their own are kept by that step; but what Go has compiled is not."""
    for image in lineages(subject):
        fetched: set[str] = set()
        own = frozenset(map(id, image.stage.steps))
        for step in image.steps:
            for found in _deeds(step):
                if not found.is_build:
                    fetched.add(found.manager.name)
                elif id(step) in own and (found.manager is GO or found.manager.name not in fetched):
                    message = _MESSAGE.format(manager=found.manager.name, cache=found.manager.cache)
                    yield step.violation(found.command.span, message)
                    break


def _deeds(step: Step) -> Iterator[Deed]:
    run = step.instruction
    if step.is_written and isinstance(run, Run) and not any("type=cache" in mount.text for mount in run.mounts):
        for command in step.commands:
            found = deed(command)
            if found is not None:
                yield found


RULE = Rule(
    code="OG1004",
    title=Text("Build with a cache mount", "빌드에는 캐시 마운트를 씁니다"),
    reason=Text(
        "Any change of a source runs this step again, in a layer that has forgotten what was downloaded and compiled. "
        "A cache mount outlives the layer.",
        "소스가 조금만 바뀌어도 이 단계는 내려받고 컴파일한 것을 모두 잊고 다시 돕니다. "
        "캐시 마운트는 레이어가 사라져도 남습니다.",
    ),
    exception=Text(
        "Where each build starts on a fresh machine: nothing is there to be found again.",
        "빌드할 때마다 새 기계에서 시작해 남은 캐시가 없을 때.",
    ),
    bad=(
        Example(
            "FROM golang:1.24\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build -o /app ./cmd/app"
        ),
        Example("FROM rust:1.84\nCOPY . .\nRUN cargo build --release"),
        Example("FROM maven:3.9\nCOPY . .\nRUN ./mvnw -B -DskipTests package"),
        Example("FROM gradle:8\nCOPY . .\nRUN gradle bootJar --no-daemon"),
    ),
    good=(
        Example("FROM golang:1.24\nRUN --mount=type=cache,target=/root/.cache/go-build go build -o /app ./cmd/app"),
        Example("FROM maven:3.9\nCOPY pom.xml .\nRUN mvn dependency:go-offline\nCOPY src src\nRUN mvn package"),
        Example(
            "FROM rust:1.84\nCOPY recipe.json .\nRUN cargo chef cook --release\nCOPY . .\nRUN cargo build --release"
        ),
        Example("FROM golang:1.24\nRUN go mod download"),
        Example("FROM golang:1.24\nRUN go install golang.org/x/tools/gopls@v0.16.0"),
    ),
    check=check,
    severity=Severity.STYLE,
)
