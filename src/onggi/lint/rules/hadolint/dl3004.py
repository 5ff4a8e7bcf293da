from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Run
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.lineage import lineages
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "Do not use sudo as it leads to unpredictable behavior. Use a tool like gosu to enforce root",
    "sudo는 뜻하지 않은 결과를 낳을 수 있으니 쓰지 마세요. root가 필요하면 gosu 같은 도구를 쓰세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for image in lineages(subject):
        for step in image.stage.steps:
            if step.is_written and isinstance(step.inner, Run):
                is_root = step.run is not None and image.is_root(step)
                for command in step.commands:
                    if command.name == "sudo":
                        yield step.violation(command.place, _MESSAGE, _fix(command) if is_root else None)


def _fix(command: Command) -> Fix | None:
    """Without it, where the step is root's anyway."""
    if not command.is_placed or not command.arguments or command.arguments[0].is_flag:
        return None
    place, argument = command.place, command.arguments[0].span
    return Fix((Edit(Span(place.line, place.column, argument.line, argument.column), ""),), is_safe=False)


RULE = Rule(
    code="DL3004",
    title=Text("Do not use sudo", "sudo를 쓰지 않습니다"),
    reason=Text(
        "A build step is root unless a USER says otherwise. sudo changes the environment, does not pass signals on, "
        "and leaves its own setuid program in the image.",
        "빌드 단계는 USER로 바꾸지 않는 한 root입니다. sudo는 환경 변수를 바꾸고, 신호를 넘겨주지 않으며, setuid "
        "프로그램을 이미지에 남깁니다.",
    ),
    exception=Text("Where a script that you do not write calls it.", "직접 쓰지 않은 스크립트가 sudo를 부를 때."),
    bad=(
        Example("FROM debian:12\nRUN sudo apt-get update", fixed="FROM debian:12\nRUN apt-get update"),
        Example("FROM debian:12\nRUN make \\\n    && sudo -u app make install"),
        Example("FROM debian:12\nUSER app\nRUN sudo apt-get update"),
        Example("FROM debian:12 AS base\nARG WHO\nUSER $WHO\n\nFROM base\nRUN sudo apt-get update"),
        Example(
            "FROM debian:12\nUSER app\nRUN make\nUSER 0:0\nRUN sudo apt-get update",
            fixed="FROM debian:12\nUSER app\nRUN make\nUSER 0:0\nRUN apt-get update",
        ),
        Example("FROM jenkins/jenkins:lts\nRUN sudo apt-get update"),
        Example('FROM debian:12\nRUN ["sudo", "make"]'),
    ),
    good=(
        Example("FROM debian:12\nUSER root\nRUN make install\nUSER 1000"),
        Example("FROM debian:12\nRUN echo sudo"),
    ),
    check=check,
    severity=Severity.ERROR,
)
