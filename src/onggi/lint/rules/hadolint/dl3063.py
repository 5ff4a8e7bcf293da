from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import SCRATCH
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_RESERVED = frozenset({SCRATCH, "context"})
_MESSAGE = Text("stage name should not be a reserved word", "단계 이름으로 예약어를 쓰지 마세요")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        name = stage.stage.base.name
        if name is not None and name.text in _RESERVED:
            yield Violation(stage.stage.base, name.span, _MESSAGE)


RULE = Rule(
    code="DL3063",
    title=Text("Do not call a stage scratch or context", "단계 이름을 scratch나 context로 짓지 않습니다"),
    reason=Text(
        "FROM scratch is the empty image and --from=context the build context; a stage of that name is never found.",
        "FROM scratch는 빈 이미지를, --from=context는 빌드 컨텍스트를 뜻해서 같은 이름의 단계는 찾을 수 없습니다.",
    ),
    exception=Text("Never needed: give the stage another name.", "예외가 필요 없습니다. 단계 이름을 바꾸세요."),
    bad=(Example("FROM alpine:3.20 AS scratch"), Example("FROM alpine:3.20 AS context")),
    good=(Example("FROM scratch AS empty"), Example("FROM alpine:3.20 AS build-context")),
    check=check,
    twin="ReservedStageName",
)
