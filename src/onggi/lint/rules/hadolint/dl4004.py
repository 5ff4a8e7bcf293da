from __future__ import annotations

from onggi.dockerfile.syntax import Entrypoint
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.repeats import repeated
from onggi.lint.violation import Text

_MESSAGE = Text(
    "Multiple `ENTRYPOINT` instructions found. If you list more than one `ENTRYPOINT` then only the last `ENTRYPOINT` "
    "will take effect",
    "`ENTRYPOINT`가 여러 번 쓰였습니다. 마지막 `ENTRYPOINT`만 쓰입니다",
)

RULE = Rule(
    code="DL4004",
    title=Text("One ENTRYPOINT in a stage", "한 단계에 ENTRYPOINT는 하나만 둡니다"),
    reason=Text(
        "Only the last one counts; the others look as if they started something.",
        "마지막 것만 효력이 있는데, 나머지도 무언가를 실행하는 것처럼 보입니다.",
    ),
    exception=Text("Never needed: delete all but the last.", "예외가 필요 없습니다. 마지막 것만 남기세요."),
    bad=(
        Example(
            'FROM debian:12\nENTRYPOINT ["a", \\\n  "b"]\nENTRYPOINT ["c"]',
            fixed='FROM debian:12\nENTRYPOINT ["c"]',
        ),
    ),
    good=(
        Example('FROM debian:12 AS base\nENTRYPOINT ["a"]\n\nFROM base\nENTRYPOINT ["b"]'),
        Example('FROM debian:12\nENTRYPOINT ["a"]\nCMD ["b"]'),
    ),
    check=lambda subject: repeated(subject, Entrypoint, _MESSAGE),
    severity=Severity.ERROR,
    twin="MultipleInstructionsDisallowed",
)
