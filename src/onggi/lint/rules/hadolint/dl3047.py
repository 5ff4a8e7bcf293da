from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Fix, Text, Violation, behind

_MESSAGE = Text(
    "Avoid use of wget without progress bar. Use `wget --progress=dot:giga <url>`. "
    "Or consider using `-q` or `-nv` (shorthands for `--quiet` or `--no-verbose`)",
    "wget의 진행 표시를 줄이세요. `wget --progress=dot:giga <url>`을 쓰거나 "
    "`-q` 또는 `-nv`(`--quiet`, `--no-verbose`)를 쓰세요",
)
_QUIET = ("progress", "q", "quiet", "o", "output-file", "a", "append-output", "no-verbose")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        commands = tuple(filter(_is_loud, step.commands))
        if commands:
            yield step.violation(commands[0].span, _MESSAGE, _fix(commands))


def _is_loud(command: Command) -> bool:
    return command.name == "wget" and not command.has_flag(*_QUIET) and not command.has_argument("-nv")


def _fix(commands: tuple[Command, ...]) -> Fix | None:
    """Not a safe one: busybox's wget has no such flag."""
    if not commands[0].is_placed:
        return None
    edits = tuple(behind(command.place, " --progress=dot:giga") for command in commands)
    return Fix(edits, is_safe=False)


RULE = Rule(
    code="DL3047",
    title=Text("Keep wget's progress out of the build's log", "빌드 기록에 wget의 진행 표시를 남기지 않습니다"),
    reason=Text(
        "Where there is no terminal, wget writes a line for every 50 KB: the log of a large download is nothing else.",
        "터미널이 없으면 wget은 50KB마다 한 줄씩 씁니다. 큰 파일을 받으면 기록이 그것으로 가득 찹니다.",
    ),
    exception=Text("Where what it downloads is small.", "내려받는 것이 작을 때."),
    bad=(
        Example(
            "FROM debian:12\nRUN wget https://example.com/big.tar.xz",
            fixed="FROM debian:12\nRUN wget --progress=dot:giga https://example.com/big.tar.xz",
        ),
        Example(
            "FROM debian:12\nRUN wget -O- a | tar x && wget b",
            fixed="FROM debian:12\nRUN wget --progress=dot:giga -O- a | tar x && wget --progress=dot:giga b",
        ),
        Example('FROM debian:12\nRUN ["wget", "https://example.com/big.tar.xz"]'),
    ),
    good=(
        Example("FROM debian:12\nRUN wget --progress=dot:giga https://example.com/big.tar.xz"),
        Example("FROM debian:12\nRUN wget -qO- https://example.com/big.tar.xz | tar x"),
        Example("FROM debian:12\nRUN wget -nv https://example.com/big.tar.xz"),
        Example("FROM debian:12\nRUN apt-get install -y wget"),
    ),
    check=check,
    severity=Severity.INFO,
)
