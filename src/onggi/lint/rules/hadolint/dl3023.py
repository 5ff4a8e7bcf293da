from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Copy
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("`COPY --from` cannot reference its own `FROM` alias", "`COPY --from`은 자기 단계를 가리킬 수 없습니다")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        own = {str(stage.stage.index), stage.stage.name}
        for instruction in stage.stage.instructions:
            source = instruction.stage if isinstance(instruction, Copy) else None
            if source is not None and source.text.lower() in own:
                yield Violation(instruction, source.span, _MESSAGE)


RULE = Rule(
    code="DL3023",
    title=Text("A stage cannot copy from itself", "단계는 자기 자신에게서 복사할 수 없습니다"),
    reason=Text(
        "What the stage will be is not known while it is being built; the build fails.",
        "만드는 중인 단계의 결과는 아직 없으므로 빌드가 실패합니다.",
    ),
    exception=Text("Never: use RUN cp.", "예외가 없습니다. RUN cp를 쓰세요."),
    bad=(
        Example("FROM debian:12 AS build\nCOPY --from=build /a /b"),
        Example("FROM debian:12 AS Build\nCOPY --from=BUILD /a /b"),
        Example("FROM debian:12\nCOPY --from=0 /a /b"),
    ),
    good=(Example("FROM debian:12 AS build\n\nFROM debian:12\nCOPY --from=build /a /b"),),
    check=check,
    severity=Severity.ERROR,
)
