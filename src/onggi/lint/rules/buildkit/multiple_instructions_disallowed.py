from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Cmd, Entrypoint, HealthCheck
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Multiple {keyword} instructions should not be used in the same stage because only the last one will be used",
    "한 단계에 {keyword}를 여러 번 쓰면 마지막 것만 쓰입니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """The one that is not used is shown, under the name that its successor is written with."""
    for stage in subject.stages:
        last: dict[str, Step] = {}
        for step in stage.steps:
            if isinstance(step.instruction, Cmd | Entrypoint | HealthCheck):
                keyword = step.instruction.keyword
                if keyword in last:
                    unused = last[keyword]
                    message = _MESSAGE.format(keyword=step.instruction.origin.keywords[0].text)
                    yield unused.violation(unused.instruction.origin.span, message)
                last[keyword] = step


RULE = Rule(
    code="MultipleInstructionsDisallowed",
    title=Text(
        "Multiple instructions of the same type should not be used in the same stage",
        "같은 단계에 같은 종류의 명령어를 여러 번 쓰지 않습니다",
    ),
    reason=Text(
        "CMD, ENTRYPOINT and HEALTHCHECK replace what was said before; the earlier line misleads its readers.",
        "CMD, ENTRYPOINT, HEALTHCHECK는 앞의 것을 대신합니다. 앞줄은 읽는 사람을 헷갈리게 할 뿐입니다.",
    ),
    exception=Text("Never needed: leave the earlier one out.", "예외가 필요 없습니다. 앞의 것을 지우세요."),
    bad=(
        Example('FROM alpine\nENTRYPOINT ["a"]\nENTRYPOINT ["b"]'),
        Example('FROM alpine\nCMD ["a"]\nRUN x\nCMD ["b"]'),
        Example("FROM alpine\nHEALTHCHECK CMD a\nHEALTHCHECK NONE"),
    ),
    good=(
        Example('FROM alpine\nENTRYPOINT ["a"]\nCMD ["b"]\nHEALTHCHECK CMD c'),
        Example('FROM alpine AS a\nCMD ["a"]\n\nFROM a\nCMD ["b"]'),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/multiple-instructions-disallowed/",
)
