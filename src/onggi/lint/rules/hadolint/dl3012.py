from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import HealthCheck
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Multiple `HEALTHCHECK` instructions", "`HEALTHCHECK`가 여러 번 쓰였습니다")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        checks = [each for each in stage.stage.instructions if isinstance(each, HealthCheck)]
        for instruction in checks[1:]:
            yield Violation(instruction, instruction.origin.keywords[0].span, _MESSAGE)


RULE = Rule(
    code="DL3012",
    title=Text("One HEALTHCHECK in a stage", "한 단계에 HEALTHCHECK는 하나만 둡니다"),
    reason=Text(
        "Only the last one counts; the others look as if they did something.",
        "마지막 것만 효력이 있는데, 나머지도 무슨 일을 하는 것처럼 보입니다.",
    ),
    exception=Text("Never needed: delete all but the last.", "예외가 필요 없습니다. 마지막 것만 남기세요."),
    bad=(Example('FROM debian:12\nHEALTHCHECK CMD ["a"]\nHEALTHCHECK CMD ["b"]'),),
    good=(Example('FROM debian:12\nHEALTHCHECK CMD ["a"]\n\nFROM debian:12\nHEALTHCHECK CMD ["b"]'),),
    check=check,
    severity=Severity.ERROR,
)
