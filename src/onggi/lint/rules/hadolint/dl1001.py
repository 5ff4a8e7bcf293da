from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import SPACES, Span
from onggi.dockerfile.syntax import Instruction
from onggi.lint.policy import Policy
from onggi.lint.pragma import is_pragma
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Please refrain from using inline ignore pragmas `# hadolint ignore=DLxxxx`",
    "`# hadolint ignore=DLxxxx` 같은 주석으로 규칙을 끄지 마세요",
)
_ASKED_FOR = Policy(severities={"DL1001": Severity.WARNING})


def check(subject: Subject) -> Iterator[Violation]:
    """Comments within an instruction switch nothing off."""
    instructions = [*subject.dockerfile.instructions()]
    for instruction in instructions:
        yield from _above(subject, instruction, instruction.origin.span.line - 1)
    if instructions:
        yield from _above(subject, instructions[-1], len(subject.dockerfile.source.lines))


def _above(subject: Subject, instruction: Instruction, number: int) -> Iterator[Violation]:
    """In the comments that end in this line."""
    while number:
        line = subject.dockerfile.source.lines[number - 1]
        text = line.strip(SPACES)
        if text and not text.startswith("#"):
            return
        if is_pragma(text[1:].strip(SPACES)):
            start = len(line) - len(line.lstrip(SPACES)) + 1
            yield Violation(
                instruction, Span(number, start, number, start + len(text)), _MESSAGE, lines=(number, number)
            )
        number -= 1


RULE = Rule(
    code="DL1001",
    title=Text("Do not switch rules off in comments", "주석으로 규칙을 끄지 않습니다"),
    reason=Text(
        "Where a project decides on its rules in one place, a comment in a file gets round that.",
        "규칙을 한곳에서 정하는 프로젝트라면, 파일 속 주석은 그 결정을 피해 갑니다.",
    ),
    exception=Text(
        "In most projects: the rule is off unless it is given a severity.",
        "대부분의 프로젝트. 심각도를 따로 정하지 않는 한 이 규칙은 꺼져 있습니다.",
    ),
    bad=(
        Example("# hadolint ignore=DL3006\nFROM debian", policy=_ASKED_FOR),
        Example("FROM debian:12\n\n# hadolint stage ignore=DL3003\n\nRUN ls", policy=_ASKED_FOR),
    ),
    good=(
        Example("# hadolint ignore=DL3006\nFROM debian"),
        Example("# about hadolint\nFROM debian", policy=_ASKED_FOR),
        Example("FROM debian:12\nRUN <<EOF\n# hadolint ignore=DL3003\nls\nEOF", policy=_ASKED_FOR),
    ),
    check=check,
    is_experimental=True,
)
