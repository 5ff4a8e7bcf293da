from __future__ import annotations

import pytest

from onggi.dockerfile.source import Span
from onggi.lint.shell.commands import Command, read, read_words
from onggi.lint.shell.script import Script

SOMEWHERE = Span(3, 1, 3, 40)


def words(command: Command) -> list[str]:
    return [command.name, *(argument.text for argument in command.arguments)]


@pytest.mark.parametrize("before", ["command", "builtin", "busybox", "exec", "time"])
def test_what_starts_another_program_is_seen_through(before: str) -> None:
    (command,) = read(Script("sh", f"{before} tar -xf a", 1, 1)).commands
    assert words(command) == ["tar", "-xf", "a"]


def test_values_of_flags_are_told_by_the_flag() -> None:
    (command,) = read(Script("sh", "x -t a -tb c --root d --root=e f -yt g", 1, 1)).commands
    assert words(command.without_values("t", "root")) == ["x", "-t", "-tb", "c", "--root", "--root=e", "f", "-yt"]


def test_the_exec_form_is_one_command_at_one_place() -> None:
    (command,) = read_words(["apt-get", "install", "a"], SOMEWHERE).commands
    assert words(command) == ["apt-get", "install", "a"]
    assert {command.place, command.span, *(argument.span for argument in command.arguments)} == {SOMEWHERE}
    assert not command.is_placed


@pytest.mark.parametrize("options", [["-c"], ["-exc"], ["-o", "pipefail", "-c"]])
def test_a_shell_in_exec_form_is_seen_through(options: list[str]) -> None:
    commands = read_words(["/bin/bash", *options, "cd /x && make -j 4"], SOMEWHERE).commands
    assert [words(command) for command in commands] == [["cd", "/x"], ["make", "-j", "4"]]
    assert {argument.span for command in commands for argument in command.arguments} == {SOMEWHERE}


def test_a_shell_that_runs_a_file_is_a_program_like_others() -> None:
    (command,) = read_words(["sh", "/run.sh", "-c"], SOMEWHERE).commands
    assert words(command) == ["sh", "/run.sh", "-c"]
