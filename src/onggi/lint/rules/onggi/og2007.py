from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from onggi.dockerfile.source import Source, Span
from onggi.dockerfile.syntax import Env, Label, Pair
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import StageSteps, Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_LEAST = 3
_INDENT = "    "
_MESSAGE = Text("These {count} {keyword} instructions can be one", "{keyword} {count}개를 하나로 쓸 수 있습니다")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        for run in _runs(stage):
            if len(run) >= _LEAST:
                first = run[0].instruction
                keyword = first.origin.keywords[0].text
                message = _MESSAGE.format(count=str(len(run)), keyword=keyword)
                fix = Fix(tuple(_joints(subject.dockerfile.source, subject.dockerfile.escape, run)))
                yield run[0].violation(first.origin.span, message, fix)


def _runs(stage: StageSteps) -> Iterator[list[Step]]:
    """Instructions of one kind that follow each other. A comment or an empty line between them says that they are
    apart on purpose; a value that uses one of the others has to stay behind it."""
    run: list[Step] = []
    for step in stage.steps:
        if run and not _continues(run, step):
            yield run
            run = []
        if _is_joinable(step):
            run.append(step)
    yield run


def _is_joinable(step: Step) -> bool:
    instruction = step.instruction
    return step.is_written and isinstance(instruction, Env | Label) and not instruction.is_spaced


def _continues(run: Sequence[Step], step: Step) -> bool:
    before, instruction = run[-1].instruction, step.instruction
    if type(instruction) is not type(before) or not _is_joinable(step):
        return False
    if instruction.origin.span.line != before.origin.span.end_line + 1:
        return False
    taken = {name for each in run for name in _names(each)}
    return taken.isdisjoint(_names(step)) and taken.isdisjoint(_asked(step))


def _pairs(step: Step) -> tuple[Pair, ...]:
    return step.instruction.pairs if isinstance(step.instruction, Env | Label) else ()


def _names(step: Step) -> Iterator[str]:
    for pair in _pairs(step):
        yield pair.name.text


def _asked(step: Step) -> Iterator[str]:
    """The variables that its words use; a label is none."""
    if isinstance(step.instruction, Env):
        for pair in _pairs(step):
            for word in (pair.name, pair.value):
                found = step.standing.scope.look_up(word.text)
                yield from (*found.found, *found.missed)


def _joints(source: Source, escape: str, run: Sequence[Step]) -> Iterator[Edit]:
    """What stands between the end of one and the first word of the next becomes a continuation."""
    for before, step in pairwise(run):
        end, begin = before.instruction.origin.span, _pairs(step)[0].name.span
        behind = len(source.lines[end.end_line - 1].rstrip()) + 1
        yield Edit(Span(end.end_line, behind, begin.line, begin.column), f" {escape}\n{_INDENT}")


RULE = Rule(
    code="OG2007",
    title=Text("Say in one ENV or LABEL what belongs together", "함께 두는 ENV나 LABEL은 하나로 씁니다"),
    reason=Text(
        "Each instruction is a step of the build and a line in the image's history; values that are set together are "
        "read best together.",
        "명령마다 빌드 단계와 이미지 이력이 한 줄씩 늘어납니다. 함께 정하는 값은 한데 모아 두는 편이 읽기 좋습니다.",
    ),
    exception=Text(
        "Where each line has its own reason; a comment or an empty line between them says so.",
        "줄마다 까닭이 따로 있을 때. 사이에 주석이나 빈 줄을 두면 됩니다.",
    ),
    bad=(
        Example(
            "FROM node:22\nENV NODE_ENV=production\nENV PORT=3000\nENV LEVEL=info HOST=0.0.0.0\nRUN npm ci",
            fixed="FROM node:22\nENV NODE_ENV=production \\\n    PORT=3000 \\\n    LEVEL=info HOST=0.0.0.0\nRUN npm ci",
        ),
        Example(
            'FROM node:22\nLABEL a=1\nLABEL b="two words"\nlabel c=3 \\\n      d=4',
            fixed='FROM node:22\nLABEL a=1 \\\n    b="two words" \\\n    c=3 \\\n      d=4',
        ),
        Example(
            "# escape=`\nFROM node:22\nENV A=1\nENV B=2\nENV C=3\nENV D=$C",
            fixed="# escape=`\nFROM node:22\nENV A=1 `\n    B=2 `\n    C=3\nENV D=$C",
        ),
    ),
    good=(
        Example("FROM node:22\nENV NODE_ENV=production \\\n    PORT=3000\nLABEL a=1"),
        Example("FROM node:22\nENV A=1\nENV B=2"),
        Example("FROM node:22\nENV A=/a\nENV B=$A/b\nENV C=$B/c"),
        Example("FROM node:22\nENV A=1\n\n# Who may connect.\nENV B=2\n\nENV C=3"),
        Example("FROM node:22\nENV A 1\nENV B 2\nENV C 3"),
        Example("FROM node:22\nENV A=1\nENV A=2\nENV A=3"),
        Example("FROM node:22\nENV A=1\nLABEL b=2\nENV C=3"),
    ),
    check=check,
    severity=Severity.STYLE,
)
