from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shellcheck import MOST_CHARACTERS, MOST_COMMANDS, too_long
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "ShellCheck was not asked about this script: it has more than {commands} commands or {characters} characters",
    "이 스크립트는 ShellCheck에 묻지 않았습니다. 명령이 {commands}개, 또는 글자가 {characters}자를 넘습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    message = _MESSAGE.format(commands=str(MOST_COMMANDS), characters=f"{MOST_CHARACTERS:,}")
    if subject.policy.has_shellcheck:
        for step in too_long(subject):
            yield step.violation(step.instruction.origin.span, message)


_MANY = " && ".join([":"] * (MOST_COMMANDS + 1))
_FEW = " && ".join([":"] * 100)

RULE = Rule(
    code="OG9002",
    title=Text("Keep a RUN short enough for ShellCheck", "RUN은 ShellCheck가 볼 수 있는 길이로 씁니다"),
    reason=Text(
        "The time and memory that ShellCheck needs go up with the square of a script's length. One that long is left "
        "out, so nothing is known of its mistakes; a file of its own can be checked part by part.",
        "ShellCheck의 시간과 메모리는 스크립트 길이의 제곱으로 늘어납니다. "
        "이렇게 긴 것은 빼므로 실수가 있어도 모릅니다. 스크립트를 파일로 나누면 부분마다 검사할 수 있습니다.",
    ),
    exception=Text("Where a program writes the script.", "프로그램이 만들어 내는 스크립트일 때."),
    bad=(Example(f"FROM debian:12\nRUN {_MANY}"),),
    good=(Example(f"FROM debian:12\nRUN {_FEW}\nRUN {_FEW}"),),
    check=check,
    severity=Severity.INFO,
)
