"""The packages of a distribution, whichever program installs them: apt-get, apk, dnf …"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from onggi.lint.pattern import Pattern
from onggi.lint.shell.commands import Argument, Command
from onggi.lint.view.packages import APK, APT_GET, DNF, YUM, ZYPPER, Installation, installation
from onggi.lint.view.subject import Step

_APT = msgspec.structs.replace(APT_GET, program=Pattern(r"apt(?:-get)?"))
_MANAGERS = (_APT, APK, DNF, YUM, ZYPPER)
_PROGRAMS = frozenset({"apt", "apt-get", "apk", "dnf", "microdnf", "yum", "zypper"})
_REMOVES = ("purge", "remove", "autoremove", "erase", "del", "rm")
_NAME = Pattern(r"[\w.+-]+")
_COMPILERS = Pattern(
    r"build-essential|build-base|(?:gcc|g\+\+|clang)(?:-\d+)?|gcc-c\+\+|cmake|cargo|rust|rustc|go|golang|ghc"
    r"|(?:default|openjdk-?\d+|java-.*)-(?:jdk|devel)(?:-headless)?|maven|gradle|@?\"?development[ -]tools\"?",
    re.IGNORECASE,
)


def installs(steps: Iterable[Step]) -> Iterator[tuple[Step, Installation]]:
    """What their RUNs install, in order."""
    for step in steps:
        if step.run is not None:
            for command in step.commands:
                found = _installation(command)
                if found is not None:
                    yield step, found


def _installation(command: Command) -> Installation | None:
    if command.name not in _PROGRAMS:
        return None
    return next(filter(None, (installation(command, manager) for manager in _MANAGERS)), None)


def name(package: Argument) -> str:
    """Without its version: `curl=8.5.0-2` → `curl`."""
    match = _NAME.match(package.text)
    return match[0] if match is not None else package.text


def is_compiler(package: Argument) -> bool:
    """Whether it builds programs."""
    return _COMPILERS.fullmatch(name(package)) is not None or _COMPILERS.fullmatch(package.text) is not None


def has_removal(step: Step) -> bool:
    """Whether the step takes packages out again."""
    return any(command.name in _PROGRAMS and command.has_argument(*_REMOVES) for command in step.commands)
