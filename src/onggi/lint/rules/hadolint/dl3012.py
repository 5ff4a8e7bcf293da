from __future__ import annotations

from onggi.dockerfile.syntax import HealthCheck
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.repeats import repeated
from onggi.lint.violation import Text

_MESSAGE = Text("Multiple `HEALTHCHECK` instructions", "`HEALTHCHECK`가 여러 번 쓰였습니다")


RULE = Rule(
    code="DL3012",
    title=Text("One HEALTHCHECK in a stage", "한 단계에 HEALTHCHECK는 하나만 둡니다"),
    reason=Text(
        "Only the last one counts; the others look as if they did something.",
        "마지막 것만 효력이 있는데, 나머지도 무슨 일을 하는 것처럼 보입니다.",
    ),
    exception=Text("Never needed: delete all but the last.", "예외가 필요 없습니다. 마지막 것만 남기세요."),
    bad=(
        Example(
            'FROM debian:12\nHEALTHCHECK CMD ["a"]\nHEALTHCHECK CMD ["b"]',
            fixed='FROM debian:12\nHEALTHCHECK CMD ["b"]',
        ),
    ),
    good=(Example('FROM debian:12\nHEALTHCHECK CMD ["a"]\n\nFROM debian:12\nHEALTHCHECK CMD ["b"]'),),
    check=lambda subject: repeated(subject, HealthCheck, _MESSAGE),
    severity=Severity.ERROR,
    twin="MultipleInstructionsDisallowed",
)
