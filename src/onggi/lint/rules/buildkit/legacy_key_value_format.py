from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Env, Label, Pair
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    '"{keyword} key=value" should be used instead of legacy "{keyword} key value" format',
    '옛 형식 "{keyword} key value" 대신 "{keyword} key=value"를 쓰세요',
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        instruction = step.instruction
        if isinstance(instruction, Env | Label) and instruction.is_spaced:
            keyword = instruction.origin.keywords[0].text
            fix = _fix(instruction.pairs[0], step.standing.scope.escape)
            yield step.violation(instruction.origin.span, _MESSAGE.format(keyword=keyword), fix)


def _fix(pair: Pair, escape: str) -> Fix | None:
    """Not over several lines: what is between them is part of the value."""
    from onggi.dockerfile.tokens import joined

    begin, end = pair.name.span, pair.value.span
    text = joined(pair, escape)
    if text is None or begin.line != end.end_line:
        return None
    return Fix((Edit(Span(begin.line, begin.column, end.end_line, end.end_column), text),))


RULE = Rule(
    code="LegacyKeyValueFormat",
    title=Text(
        "Legacy key/value format with whitespace separator should not be used",
        "이름과 값을 빈칸으로 나누는 옛 형식은 쓰지 않습니다",
    ),
    reason=Text(
        "In the old form the value is the whole rest of the line, so that a second pair becomes part of the first.",
        "옛 형식에서는 줄의 나머지가 모두 값이 되므로, 두 번째 쌍이 첫 번째 값의 일부가 됩니다.",
    ),
    exception=Text("Never needed: write name=value.", "예외가 필요 없습니다. name=value로 쓰세요."),
    bad=(
        Example("FROM alpine\nENV DIR /var/lib", fixed="FROM alpine\nENV DIR=/var/lib"),
        Example("FROM alpine\nLABEL author  moby and others", fixed='FROM alpine\nLABEL author="moby and others"'),
        Example('FROM alpine\nENV NAME "a" b'),
        Example("FROM alpine\nENV NAME a \\\n  b"),
    ),
    good=(Example('FROM alpine\nENV DIR=/var/lib NAME="a b"\nLABEL author=moby'),),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/",
)
