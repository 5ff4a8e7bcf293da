from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Empty continuation line", "이어 쓴 줄 사이에 빈 줄이 있습니다")


def check(subject: Subject) -> Iterator[Violation]:
    """One for each instruction, at its first empty line. BuildKit names the line where the instruction ends."""
    for instruction in subject.dockerfile.instructions():
        origin = instruction.origin
        if origin.empty_lines:
            number = origin.empty_lines[0]
            end = origin.span.end_line
            yield Violation(instruction, Span(number, 1, number, 1), _MESSAGE, lines=(end, end))


RULE = Rule(
    code="NoEmptyContinuation",
    title=Text(
        "Empty continuation lines will become errors in a future release",
        "이어 쓴 줄 사이의 빈 줄은 앞으로 오류가 됩니다",
    ),
    reason=Text(
        "An empty line looks as if the instruction ended there, and Docker means to make it an error.",
        "빈 줄은 명령어가 거기서 끝난 것처럼 보이며, Docker는 이를 오류로 바꿀 예정입니다.",
    ),
    exception=Text(
        "Never needed: leave the line out, or make it a comment.",
        "예외가 필요 없습니다. 줄을 없애거나 주석으로 바꾸세요.",
    ),
    bad=(Example("FROM alpine\nRUN apk add \\\n\n    curl"), Example("ARG a \\\n\n  b\nFROM alpine")),
    good=(Example("FROM alpine\nRUN apk add \\\n  # for the health check\n    curl\n\nUSER nobody"),),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/",
)
