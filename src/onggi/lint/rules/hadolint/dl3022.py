from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Copy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "`COPY --from` should reference a previously defined `FROM` alias",
    "`COPY --from`에는 앞서 `FROM`에서 붙인 이름을 쓰세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """A tag or digest says that an image is meant. A stage's own name or number is another rule's affair."""
    known = set(subject.facts.named)
    for stage in subject.stages:
        known |= {str(stage.stage.index), stage.stage.name}
        for instruction in stage.stage.instructions:
            source = instruction.stage if isinstance(instruction, Copy) else None
            if source is not None and source.text.lower() not in known and ":" not in source.text:
                yield Violation(instruction, source.span, _MESSAGE)


RULE = Rule(
    code="DL3022",
    title=Text("Copy from stages by their names", "단계의 이름으로 복사해 옵니다"),
    reason=Text(
        "A name that no stage above has is taken for an image, of which the newest is pulled.",
        "앞의 어느 단계에도 없는 이름은 이미지로 여겨져, 가장 새 것을 받아 옵니다.",
    ),
    exception=Text(
        "Where a build context of that name is given (--build-context).",
        "그 이름의 빌드 컨텍스트를 줄 때(--build-context).",
    ),
    bad=(
        Example("FROM debian:12 AS build\n\nFROM debian:12\nCOPY --from=built /app /app"),
        Example("FROM debian:12\nCOPY --from=nginx /etc/nginx /etc/nginx"),
        Example("FROM debian:12\nCOPY --from=1 /app /app\n\nFROM debian:12"),
    ),
    good=(
        Example("FROM debian:12 AS Build\n\nFROM debian:12\nCOPY --from=build /app /app\nCOPY --from=0 /b /b"),
        Example("FROM debian:12\nCOPY --from=nginx:1.27 /etc/nginx /etc/nginx"),
    ),
    check=check,
)
