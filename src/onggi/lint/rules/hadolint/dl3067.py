from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Copy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Do not copy an entire filesystem from another stage", "다른 단계의 파일 시스템을 통째로 복사하지 마세요"
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        match step.inner:
            case Copy(stage=stage, sources=sources, destination=destination) if step.is_written and stage is not None:
                expand = step.standing.scope.expand
                whole = next((source for source in sources if expand(source.text) == "/"), None)
                if whole is not None and expand(destination.text) == "/":
                    yield step.violation(whole.span, _MESSAGE)


RULE = Rule(
    code="DL3067",
    title=Text("Copy from a stage what is needed, not all of it", "다른 단계에서는 필요한 것만 복사합니다"),
    reason=Text(
        "Everything comes along, caches, tools and secrets too; over a base with files of its own it makes a mixture "
        "of two systems.",
        "캐시, 도구, 비밀까지 모두 따라옵니다. 자기 파일이 있는 베이스 위에서는 두 시스템이 뒤섞입니다.",
    ),
    exception=Text(
        "Where a stage on scratch squashes all layers into one on purpose.",
        "scratch 위에서 모든 레이어를 일부러 하나로 합칠 때.",
    ),
    bad=(
        Example("FROM debian:12 AS build\nRUN make\n\nFROM debian:12-slim\nCOPY --from=build / /"),
        Example('FROM debian:12\nCOPY --from=nginx:1.27 ["/", "/"]'),
    ),
    good=(
        Example("FROM debian:12 AS build\nRUN make\n\nFROM debian:12-slim\nCOPY --from=build /app /app"),
        Example("FROM debian:12\nCOPY / /"),
        Example("FROM debian:12\nCOPY --from=nginx:1.27 / /nginx"),
    ),
    check=check,
)
