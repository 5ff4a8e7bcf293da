from __future__ import annotations

from onggi.dockerfile.syntax import Cmd
from onggi.lint.rule import Example, Rule
from onggi.lint.view.repeats import repeated
from onggi.lint.violation import Text

_MESSAGE = Text(
    "Multiple `CMD` instructions found. If you list more than one `CMD` then only the last `CMD` will take effect",
    "`CMD`가 여러 번 쓰였습니다. 마지막 `CMD`만 쓰입니다",
)

RULE = Rule(
    code="DL4003",
    title=Text("One CMD in a stage", "한 단계에 CMD는 하나만 둡니다"),
    reason=Text(
        "Only the last one counts; the others look as if they started something.",
        "마지막 것만 효력이 있는데, 나머지도 무언가를 실행하는 것처럼 보입니다.",
    ),
    exception=Text("Never needed: delete all but the last.", "예외가 필요 없습니다. 마지막 것만 남기세요."),
    bad=(
        Example(
            'FROM debian:12\nCMD ["a"]\nUSER 1000\nCMD ["b"]',
            fixed='FROM debian:12\nUSER 1000\nCMD ["b"]',
        ),
    ),
    good=(
        Example('FROM debian:12 AS base\nCMD ["a"]\n\nFROM base\nCMD ["b"]'),
        Example('FROM debian:12\nONBUILD CMD ["a"]\nCMD ["b"]'),
    ),
    check=lambda subject: repeated(subject, Cmd, _MESSAGE),
    twin="MultipleInstructionsDisallowed",
)
