from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "'{joint}' and '{keyword}' keywords' casing do not match", "'{joint}'와 '{keyword}'의 대소문자가 서로 다릅니다"
)


def check(subject: Subject) -> Iterator[Violation]:
    """A FROM in mixed case is what ConsistentInstructionCasing is about, not its AS."""
    for stage in subject.dockerfile.stages:
        keyword, *joints = stage.base.origin.keywords
        for joint in joints:
            if not _matches(keyword.text, joint.text):
                message = _MESSAGE.format(joint=joint.text, keyword=keyword.text)
                written = joint.text.lower() if keyword.text.islower() else joint.text.upper()
                yield Violation(stage.base, joint.span, message, fix=Fix((Edit(joint.span, written),)))


def _matches(keyword: str, joint: str) -> bool:
    if keyword.islower():
        return joint.islower()
    return joint.isupper() or not keyword.isupper()


RULE = Rule(
    code="FromAsCasing",
    title=Text(
        "The 'as' keyword should match the case of the 'from' keyword", "'as'는 'from'과 같은 대소문자로 씁니다"
    ),
    reason=Text(
        "Both are keywords of one instruction; in one case they are read as such.",
        "둘은 한 명령어의 예약어입니다. 대소문자가 같아야 읽기 쉽습니다.",
    ),
    exception=Text(
        "Never needed: the fix changes nothing else.", "예외가 필요 없습니다. 고쳐도 달라지는 것이 없습니다."
    ),
    bad=(
        Example("FROM alpine as builder", fixed="FROM alpine AS builder"),
        Example("from alpine AS builder", fixed="from alpine as builder"),
        Example("FROM alpine As builder", fixed="FROM alpine AS builder"),
    ),
    good=(Example("FROM alpine AS builder"), Example("from alpine as builder"), Example("From alpine as builder")),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/from-as-casing/",
)
