from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.packages import APT_GET, installations
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_OPTION = Pattern(r"(?:-o=?|--option=)?APT::Install-Recommends=(?:false|0|no|off|without|disable)", re.IGNORECASE)
_MESSAGE = Text(
    "Avoid additional packages by specifying `--no-install-recommends`",
    "`--no-install-recommends`를 주어 추가 패키지를 피하세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step, found in installations(subject, APT_GET):
        if not _is_told(found.command):
            fix = found.fix("--no-install-recommends", is_safe=False)
            yield step.violation(found.verb.span, _MESSAGE, fix)


def _is_told(command: Command) -> bool:
    return command.has_flag("no-install-recommends") or any(
        _OPTION.fullmatch(argument.text) for argument in command.arguments
    )


RULE = Rule(
    code="DL3015",
    title=Text("Install without recommended packages", "권장 패키지 없이 설치합니다"),
    reason=Text(
        "apt installs what packages recommend as well: often more than what was asked for, and all of it has to be "
        "kept up to date.",
        "apt는 패키지가 권장하는 것까지 설치합니다. 원한 것보다 많을 때가 흔하고, 모두 최신으로 유지해야 합니다.",
    ),
    exception=Text(
        "Where the recommended packages are wanted, or apt is configured not to install them.",
        "권장 패키지도 필요하거나, apt 설정에서 이미 꺼 두었을 때.",
    ),
    bad=(
        Example(
            "FROM debian:12\nRUN apt-get install -y curl=7.88.1",
            fixed="FROM debian:12\nRUN apt-get install --no-install-recommends -y curl=7.88.1",
        ),
        Example('FROM debian:12\nRUN ["apt-get", "install", "-y", "curl=7.88.1"]'),
    ),
    good=(
        Example("FROM debian:12\nRUN apt-get install -y --no-install-recommends curl=7.88.1"),
        Example("FROM debian:12\nRUN apt-get -o APT::Install-Recommends=false install -y curl=7.88.1"),
    ),
    check=check,
    severity=Severity.INFO,
)
