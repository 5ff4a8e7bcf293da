from __future__ import annotations

from collections.abc import Iterator

from onggi.characters import quoted
from onggi.dockerfile.syntax import OnBuild
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Command
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text("Use SHELL to change the default shell", "기본 셸은 SHELL로 바꾸세요")
_SHELL = Pattern(r"(?:/bin/|/usr/bin/)?(bash|dash|zsh|ksh|ash)")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        for command in step.commands:
            if command.name == "ln" and command.operands and command.operands[-1].text == "/bin/sh":
                yield step.violation(command.span, _MESSAGE, _fix(step, command))
                break


def _fix(step: Step, command: Command) -> Fix | None:
    """Where the RUN does nothing else. Not a safe one: scripts of the image that ask for /bin/sh get the old one."""
    target = _SHELL.fullmatch(command.operands[0].text)
    if target is None or len(step.commands) != 1 or isinstance(step.instruction, OnBuild):
        return None
    path = target[0] if target[0].startswith("/") else f"/bin/{target[0]}"
    return Fix((Edit(step.instruction.origin.span, f'SHELL [{quoted(path)}, "-c"]'),), is_safe=False)


RULE = Rule(
    code="DL4005",
    title=Text("Change the shell with SHELL", "셸은 SHELL로 바꿉니다"),
    reason=Text(
        "A link over /bin/sh changes the system's shell for all its scripts, and an update of the package undoes it.",
        "/bin/sh에 링크를 걸면 시스템의 모든 스크립트가 쓰는 셸이 바뀌고, 패키지가 갱신되면 되돌아갑니다.",
    ),
    exception=Text(
        "Where scripts of the image that cannot be changed need another /bin/sh.",
        "고칠 수 없는 스크립트가 다른 /bin/sh를 필요로 할 때.",
    ),
    bad=(
        Example(
            "FROM debian:12\nRUN ln -sf /bin/bash /bin/sh",
            fixed='FROM debian:12\nSHELL ["/bin/bash", "-c"]',
        ),
        Example("FROM debian:12\nRUN rm /bin/sh && ln -s /bin/bash /bin/sh"),
        Example('FROM debian:12\nONBUILD RUN ["ln", "-sf", "bash", "/bin/sh"]'),
    ),
    good=(
        Example('FROM debian:12\nSHELL ["/bin/bash", "-c"]'),
        Example("FROM debian:12\nRUN ln -s /bin/sh /usr/local/bin/sh"),
    ),
    check=check,
)
