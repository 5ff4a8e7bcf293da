from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Run
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.leavings import cleaned
from onggi.lint.view.lineage import inherited
from onggi.lint.view.mounts import keeps_out
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Fix, Text, Violation

_PROGRAMS = ("apt-get", "apt")
_READERS = frozenset({"apt", "apt-cache", "apt-file", "apt-get", "aptitude", "gdebi", "rosdep", "tasksel"})
"""Programs that look into the lists."""
_REPOSITORIES = frozenset({"add-apt-repository", "apt-add-repository"})
"""Programs that fetch them, and do so unasked."""
_SHELLS = frozenset({".", "bash", "dash", "eval", "sh", "source", "zsh"})
_LISTLESS = ("autoclean", "autopurge", "autoremove", "clean", "purge", "remove")
_LISTS = "/var/lib/apt/lists"
_CLEARED = Pattern(r"/var/lib/(?:apt|\{\S*\bapt\b\S*\})(?:/lists)?(?:/\S*)?")
_MESSAGE = Text(
    "Delete the apt lists (/var/lib/apt/lists) after installing something",
    "설치한 뒤에는 apt의 목록(/var/lib/apt/lists)을 지우세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Only in the last stage and in those that others begin on: what the rest leave does not get anywhere."""
    is_needed = any(_reads_those_of_others(step) for step in subject.runs())
    for stage in inherited(subject):
        for step in stage.steps:
            if step.is_written and isinstance(step.inner, Run) and not keeps_out(step.inner, _LISTS):
                update = _left(step)
                if update is not None:
                    yield step.violation(update.span, _MESSAGE, None if is_needed else _fix(step))


def _fix(step: Step) -> Fix | None:
    """Behind the last command that may need the lists, if something is installed; no other RUN may need them."""
    if not any(each.name in _PROGRAMS and each.has_argument("install", "build-dep") for each in step.commands):
        return None
    last = [each for each in step.commands if _may_use_apt(each)][-1]
    return cleaned(step, last, f"rm -rf {_LISTS}/*")


def _may_use_apt(command: Command) -> bool:
    """Itself, for another program (sudo, xargs, env) or in a script that nobody sees here."""
    programs = {word.rpartition("/")[2] for word in (command.name, *(word.text for word in command.arguments))}
    if programs & _READERS or programs & _REPOSITORIES:
        return True
    return command.program in _SHELLS or command.name.startswith(("./", "$")) or command.name.endswith(".sh")


def _reads_those_of_others(step: Step) -> bool:
    """Whether a RUN looks into the lists without having fetched them."""
    commands = step.commands
    if any(each.name in _PROGRAMS and each.has_argument("update") for each in commands):
        return False
    return any(each.name in _READERS and not each.has_argument(*_LISTLESS) for each in commands)


def _left(step: Step) -> Command | None:
    """The command whose lists are still there at the end."""
    update = None
    for command in step.commands:
        if command.name in _PROGRAMS and command.has_argument("update"):
            update = command
        elif _clears(command):
            update = None
    return update


def _clears(command: Command) -> bool:
    if command.name == "find":
        return command.has_argument("-delete") and any(word.text.startswith(_LISTS) for word in command.operands)
    return command.name == "rm" and any(_CLEARED.fullmatch(word.text) for word in command.operands)


RULE = Rule(
    code="DL3009",
    title=Text("Delete the lists of apt in the RUN that fetched them", "apt의 목록은 내려받은 RUN에서 바로 지웁니다"),
    reason=Text(
        "They are 20 MB and more, useless in the image and out of date tomorrow. What a later RUN deletes stays in the "
        "layer below.",
        "목록은 20MB가 넘고, 이미지에서는 쓸모없으며, 내일이면 낡습니다. 나중의 RUN에서 지워도 아래 레이어에는 "
        "남습니다.",
    ),
    exception=Text(
        "Where the image is one to install things in, such as a base for CI jobs.",
        "CI 작업의 베이스처럼, 그 안에서 계속 설치하려고 만드는 이미지일 때.",
    ),
    bad=(
        Example(
            "FROM debian:12\nRUN apt-get update && apt-get install -y curl",
            fixed="FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
        ),
        Example(
            "FROM debian:12\nRUN apt-get update \\\n && apt-get install -y \\\n    curl \\\n && curl example.org",
            fixed="FROM debian:12\nRUN apt-get update \\\n && apt-get install -y \\\n    curl && rm -rf "
            "/var/lib/apt/lists/* \\\n && curl example.org",
        ),
        Example(
            "FROM debian:12\nRUN apt-get update && apt-get install -y bc && apt-cache show file && make",
            fixed="FROM debian:12\nRUN apt-get update && apt-get install -y bc && apt-cache show file && "
            "rm -rf /var/lib/apt/lists/* && make",
        ),
        Example("FROM debian:12\nRUN set -e; apt-get update; apt-get install -y curl"),
        Example("FROM debian:12\nRUN apt-get update && if test $A; then apt-get install -y bc; fi"),
        Example("FROM debian:12\nRUN rm -rf /var/lib/apt/lists/* && apt-get update"),
        Example("FROM debian:12 AS base\nRUN apt-get update\n\nFROM base\nRUN apt-get install -y curl"),
    ),
    good=(
        Example("FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*"),
        Example("FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y curl"),
        Example("FROM debian:12 AS build\nRUN apt-get update\n\nFROM scratch\nCOPY --from=build /app /"),
    ),
    check=check,
    severity=Severity.INFO,
)
