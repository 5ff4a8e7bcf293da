from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Use WORKDIR to switch to a directory", "폴더를 옮길 때는 WORKDIR를 쓰세요")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        for command in step.commands:
            if command.name == "cd":
                yield step.violation(command.span, _MESSAGE)
                break


RULE = Rule(
    code="DL3003",
    title=Text("Use WORKDIR to switch to a directory", "폴더를 옮길 때는 WORKDIR를 씁니다"),
    reason=Text(
        "A cd holds only to the end of its RUN; WORKDIR holds from there on, and everybody sees it.",
        "cd는 그 RUN이 끝나면 사라집니다. WORKDIR는 그다음 명령에도 이어지고 눈에 잘 띕니다.",
    ),
    exception=Text(
        "Where a single command in a subshell has to run in another folder.",
        "서브셸 안의 명령 하나만 다른 폴더에서 실행해야 할 때.",
    ),
    bad=(Example("FROM debian:12\nRUN cd /usr/src/app && git clone git@github.com:lukasmartinelli/hadolint.git"),),
    good=(Example("FROM debian:12\nWORKDIR /usr/src/app\nRUN git clone git@github.com:lukasmartinelli/hadolint.git"),),
    check=check,
)
