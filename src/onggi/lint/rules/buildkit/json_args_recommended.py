from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Cmd, Entrypoint, ShellForm
from onggi.lint.rule import Example, Rule
from onggi.lint.view.facts import Base
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "JSON arguments recommended for {keyword} to prevent unintended behavior related to OS signals",
    "{keyword}에는 JSON 인자를 권합니다. 그러지 않으면 OS 신호가 뜻대로 전해지지 않습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """A shell that somebody chose, by SHELL, is meant to be there."""
    for step in subject.steps():
        match step.instruction:
            case (Cmd() | Entrypoint()) as instruction if isinstance(instruction.command, ShellForm):
                if not step.standing.has_own_shell:
                    keyword = instruction.origin.keywords[0].text
                    yield step.violation(instruction.origin.span, _MESSAGE.format(keyword=keyword))


RULE = Rule(
    code="JSONArgsRecommended",
    title=Text(
        "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
        "OS 신호가 뜻대로 전해지도록 ENTRYPOINT와 CMD는 JSON 인자로 씁니다",
    ),
    reason=Text(
        "In shell form the shell is process 1 and does not pass SIGTERM on: stopping takes ten seconds and a kill.",
        "셸 형식에서는 셸이 1번 프로세스가 되고 SIGTERM을 넘겨주지 않습니다. 멈추는 데 10초가 걸리고 강제로 끝납니다.",
    ),
    exception=Text(
        "Where the command needs a shell and starts the program with exec; or say so with SHELL.",
        "명령에 셸이 꼭 필요하고 exec로 프로그램을 시작할 때. 또는 SHELL로 뜻을 밝히세요.",
    ),
    bad=(
        Example("FROM alpine\nENTRYPOINT my-program start"),
        Example("FROM alpine\nCMD my-program start"),
        Example("FROM base", bases={0: Base(triggers=("CMD my-program start",))}),
    ),
    good=(
        Example('FROM alpine\nENTRYPOINT ["my-program", "start"]\nCMD ["--fast"]'),
        Example('FROM alpine\nSHELL ["/bin/bash", "-c"]\nENTRYPOINT exec my-program "$@"'),
        Example('FROM alpine AS base\nSHELL ["/bin/bash", "-c"]\n\nFROM base\nCMD echo hi'),
        Example("FROM windows\nCMD echo hi", bases={0: Base(shell=("cmd", "/C"))}),
        Example("FROM alpine\nONBUILD CMD echo hi"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
)
