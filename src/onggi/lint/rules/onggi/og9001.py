from __future__ import annotations

from collections.abc import Iterator

from onggi.lint import options, pragma
from onggi.lint.codes import is_known
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation
from onggi.suggest import nearest

_MESSAGE = Text("There is no rule {code}", "{code} 규칙은 없습니다")
_NEAR = Text("There is no rule {code} (did you mean {near}?)", "{code} 규칙은 없습니다 ({near}인가요?)")
_MOST_MEANT = 64  # where there are so many, a suggestion is not worth its time


def check(subject: Subject) -> Iterator[Violation]:
    meant: dict[str, str | None] = {}
    named = (*pragma.mentioned(subject.dockerfile), *options.mentioned(subject.dockerfile))
    for instruction, code in named:
        if not is_known(code, subject.codes):
            if code not in meant:
                meant[code] = nearest(code, subject.codes) if len(meant) < _MOST_MEANT else None
            near = meant[code]
            message = _MESSAGE.format(code=code) if near is None else _NEAR.format(code=code, near=near)
            yield Violation(instruction, instruction.origin.span, message)


RULE = Rule(
    code="OG9001",
    title=Text("Ignore only rules that exist", "있는 규칙만 무시합니다"),
    reason=Text(
        "A comment that ignores an unknown code ignores nothing, and nobody notices.",
        "없는 코드를 무시하라는 주석은 아무 일도 하지 않고, 아무도 눈치채지 못합니다.",
    ),
    exception=Text("Where the comment is for another version of the linter.", "다른 버전의 린터를 위한 주석일 때."),
    bad=(
        Example("# hadolint ignore=DL9999\nFROM debian:12"),
        Example("# check=skip=JSONArgsRecomended\nFROM debian:12\nCMD run"),
        Example("FROM debian:12\n# check=skip=StageNameCasing,DL9999\nRUN true"),
    ),
    good=(
        Example("# hadolint ignore=SC2086,OG9001\nFROM debian:12"),
        Example("# check=skip=all;error=true\nFROM debian:12"),
        Example("FROM debian:12\n# check=skip=DL3059\nRUN true"),
    ),
    check=check,
    severity=Severity.INFO,
)
