"""Docker's own client, with the engine beside us and with `onggi serve`: exit codes and what is printed."""

from __future__ import annotations

import subprocess
from functools import partial

import pytest
from tests.clients.conftest import Served, served

from . import cases, client_cases
from .conftest import Peer, Run, normal
from .test_command_lines import said, words_of

__all__ = ["served"]

LIVES = {**cases.LIVES, **client_cases.LIVES}


@pytest.fixture
def onggis(served: Served) -> Run:
    """Docker's command line, at our socket."""
    env = served.environment()

    def run(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(["docker", *words], env=env, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


def test_single_commands(docker: Peer, onggis: Run) -> None:
    assert [line for line in cases.SINGLE if not _is_the_same(docker, onggis, line)] == []


@pytest.mark.parametrize("lines", LIVES.values(), ids=LIVES)
def test_a_life(docker: Peer, onggis: Run, lines: str) -> None:
    every = filter(None, map(str.strip, lines.splitlines()))
    otherwise = client_cases.OLDER if docker.is_old else {}
    assert [line for line in every if _is_the_same(docker, onggis, line) == (line in otherwise)] == []


def _is_the_same(docker: Run, onggis: Run, line: str) -> bool:
    """What is on standard output alone: messages of errors are worded by both as each likes."""
    words = words_of(line, is_docker=True)
    theirs, ours = docker(*words), onggis(*words)
    read = normal if theirs[0] else partial(said, line)
    return theirs[0] == ours[0] and read(theirs[1]) == read(ours[1])
