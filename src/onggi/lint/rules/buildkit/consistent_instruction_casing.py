from __future__ import annotations

from collections.abc import Callable, Iterator

from onggi.dockerfile.syntax import Instruction
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_UPPER = Text(
    "Command '{keyword}' should match the case of the command majority (uppercase)",
    "'{keyword}' 명령어는 다른 명령어들처럼 대문자여야 합니다",
)
_LOWER = Text(
    "Command '{keyword}' should match the case of the command majority (lowercase)",
    "'{keyword}' 명령어는 다른 명령어들처럼 소문자여야 합니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """The file's majority decides; with as many of both, capitals do. BuildKit does not look at the ARGs before the
    first FROM."""
    staged = (each for stage in subject.dockerfile.stages for each in (stage.base, *stage.instructions))
    found = [(instruction, instruction.origin.keywords[0]) for instruction in staged]
    lower = sum(word.text.islower() for _, word in found)
    upper = sum(word.text.isupper() for _, word in found)
    is_lower = lower > upper
    for instruction, word in found:
        if not (word.text.islower() if is_lower else word.text.isupper()):
            message = _LOWER if is_lower else _UPPER
            fix = _fix(instruction, str.lower if is_lower else str.upper)
            yield Violation(instruction, word.span, message.format(keyword=word.text), fix=fix)


def _fix(instruction: Instruction, written: Callable[[str], str]) -> Fix:
    """FROM with its AS: they are to match."""
    return Fix(tuple(Edit(word.span, written(word.text)) for word in instruction.origin.keywords))


RULE = Rule(
    code="ConsistentInstructionCasing",
    title=Text(
        "All commands within the Dockerfile should use the same casing (either upper or lower)",
        "모든 명령어는 대문자든 소문자든 한 가지로 씁니다",
    ),
    reason=Text(
        "Instructions in one case are told from their arguments at a glance.",
        "명령어의 대소문자가 한 가지면 인자와 한눈에 구별됩니다.",
    ),
    exception=Text(
        "Never needed: the fix changes nothing else.", "예외가 필요 없습니다. 고쳐도 달라지는 것이 없습니다."
    ),
    bad=(
        Example("FROM alpine\nrun echo hello", fixed="FROM alpine\nRUN echo hello"),
        Example('from alpine\nrun echo hello\nCMD ["sh"]', fixed='from alpine\nrun echo hello\ncmd ["sh"]'),
        Example("From alpine as base", fixed="FROM alpine AS base"),
    ),
    good=(
        Example("FROM alpine\nRUN echo hello"),
        Example("from alpine\nrun echo hello"),
        Example("arg TAG=1\nFROM alpine:$TAG\nONBUILD run echo hello"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/consistent-instruction-casing/",
)
