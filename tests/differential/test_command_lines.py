"""The same command lines, given to Docker and to onggi: exit codes and what is printed."""

from __future__ import annotations

import io
import re
import shlex
import tarfile

import pytest
from tests.end_to_end.conftest import Onggi

from .cases import LIVES, ON_PURPOSE, SINGLE
from .conftest import Run, normal


def words_of(line: str, *, is_docker: bool) -> list[str]:
    """Docker is told what is onggi's default: a network of its own, with nobody in it."""
    words = shlex.split(line)
    if is_docker and words[:1] in (["run"], ["create"]) and len(words) > 1:
        words[1:1] = ["--network", "none"]
    return words


def ours(onggi: Onggi, line: str) -> tuple[int, str, str]:
    done = onggi.run(*words_of(line, is_docker=False))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def said(line: str, text: str) -> object:
    """What is to be the same; the lines of `diff` come in no order from Docker, a tar has the moment in it, and behind
    an image that is deleted Docker lists its layers, which we leave to the garbage collection."""
    if line.startswith("rmi "):
        return re.sub(r"(?s)(^Deleted: [^\n]*).*", r"\1", normal(text), flags=re.MULTILINE)
    if line.startswith("cp ") and line.endswith(" -"):
        with tarfile.open(fileobj=io.BytesIO(text.encode())) as archive:
            return [
                (member.name, member.type, member.mode & 0o7777, member.uid, member.gid, member.size)
                for member in archive
            ]
    return sorted(normal(text).splitlines()) if line.split()[0] == "diff" else normal(text)


@pytest.mark.parametrize("line", SINGLE)
def test_a_command(docker: Run, onggi: Onggi, line: str) -> None:
    theirs = docker(*words_of(line, is_docker=True))
    mine = ours(onggi, line)
    assert (mine[0], normal(mine[1])) == (theirs[0], normal(theirs[1])), (mine[2], theirs[2])


@pytest.mark.parametrize("lines", LIVES.values(), ids=LIVES)
def test_a_life(docker: Run, onggi: Onggi, lines: str) -> None:
    for line in filter(None, map(str.strip, lines.splitlines())):
        theirs = docker(*words_of(line, is_docker=True))
        mine = ours(onggi, line)
        assert (mine[0], said(line, mine[1])) == (theirs[0], said(line, theirs[1])), (line, mine[2], theirs[2])


@pytest.mark.parametrize("line", ON_PURPOSE)
def test_what_differs_on_purpose_still_does(docker: Run, onggi: Onggi, line: str) -> None:
    theirs = docker(*words_of(line, is_docker=True))
    mine = ours(onggi, line)
    assert (mine[0], normal(mine[1])) != (theirs[0], normal(theirs[1])), ON_PURPOSE[line]
