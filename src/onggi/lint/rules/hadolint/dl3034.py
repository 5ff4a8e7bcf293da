from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Command
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Fix, Text, Violation, behind

_MESSAGE = Text(
    "Non-interactive switch missing from `zypper` command: `zypper install -y`",
    "`zypper`에 묻지 말라는 옵션이 없습니다. `zypper install -y`처럼 쓰세요",
)
_ASKING = ("install", "in", "remove", "rm", "source-install", "si", "patch")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        commands = tuple(filter(_asks, step.commands))
        if commands:
            yield step.violation(commands[0].span, _MESSAGE, _fix(commands))


def _asks(command: Command) -> bool:
    is_asking = command.name == "zypper" and command.has_argument(*_ASKING)
    return is_asking and not command.has_flag("y", "n", "no-confirm", "non-interactive")


def _fix(commands: tuple[Command, ...]) -> Fix | None:
    """The global -n: not every subcommand has a -y."""
    if not commands[0].is_placed:
        return None
    return Fix(tuple(behind(command.place, " -n") for command in commands))


RULE = Rule(
    code="DL3034",
    title=Text("Let zypper ask nothing", "zypper가 묻지 않게 합니다"),
    reason=Text(
        "Nobody is there to answer in a build: zypper takes its default answer and stops.",
        "빌드 중에는 대답할 사람이 없어 zypper가 기본값인 '아니요'로 멈춥니다.",
    ),
    exception=Text(
        "Where ZYPP's configuration in the image says so already.", "이미지의 zypp 설정에 이미 적혀 있을 때."
    ),
    bad=(
        Example(
            "FROM opensuse/leap:15.5\nRUN zypper install httpd=2.4.46 && zypper clean",
            fixed="FROM opensuse/leap:15.5\nRUN zypper -n install httpd=2.4.46 && zypper clean",
        ),
        Example(
            "FROM opensuse/leap:15.5\nRUN zypper rm vim \\\n && zypper --quiet patch",
            fixed="FROM opensuse/leap:15.5\nRUN zypper -n rm vim \\\n && zypper -n --quiet patch",
        ),
        Example('FROM opensuse/leap:15.5\nRUN ["zypper", "remove", "vim"]'),
    ),
    good=(
        Example("FROM opensuse/leap:15.5\nRUN zypper install -y httpd=2.4.46 && zypper clean"),
        Example("FROM opensuse/leap:15.5\nRUN zypper -n rm vim"),
        Example("FROM opensuse/leap:15.5\nRUN zypper search vim"),
    ),
    check=check,
)
