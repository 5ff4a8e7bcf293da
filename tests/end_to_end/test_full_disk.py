"""A disk that is full to the last byte: what looks, ends and removes works, and what adds says why it does not."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from onggi.store.reserve import FULL

from .conftest import Onggi

KINDS = ("tmpfs", "ext4")


@pytest.fixture(params=KINDS)
def small(request: pytest.FixtureRequest, tmp_path: Path, bases: Path) -> Iterator[Onggi]:
    """The program on a store with busybox, on a file system of its own of 32 MB."""
    point = tmp_path / "small"
    point.mkdir()
    if request.param == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "none", point], check=True)
    else:
        image = tmp_path / "image"
        with image.open("wb") as file:
            file.truncate(32 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-b", "4096", "-m", "0", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, point], check=True)
    program = Onggi(point / "store")
    try:
        saved = Onggi(bases).run("save", "busybox:1.35")
        program("load", stdin=saved.stdout)
        yield program
        program.tidy()
    finally:
        subprocess.run(["umount", "-l", point], check=True)


FILL = "for each in 1 2; do dd if=/dev/zero of=/big$each bs=4k conv=fsync 2>&-; done"
"""Twice, for ext4 keeps room back for what it has not yet put anywhere."""


def free(onggi: Onggi) -> int:
    disk = os.statvfs(onggi.root)
    return disk.f_bavail * disk.f_frsize


def start_a_filler(onggi: Onggi) -> str:
    """A container that has written until nothing was left, and runs."""
    script = "echo begin; dd if=/dev/zero of=/big bs=4k; exec sleep 1000"  # the log has a block by then
    container = onggi("run", "-d", "--name", "filler", "busybox:1.35", "sh", "-c", script)
    while b"No space left" not in (onggi.root / "containers" / container / "container.log").read_bytes():
        time.sleep(0.05)
    return container


def fill_up(onggi: Onggi) -> None:
    """Take what came free since: the log that SQLite dropped with its last connection, what ext4 had promised."""
    with open(onggi.root.parent / "rest", "ab", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            os.fsync(file.fileno())


def test_what_is_there_can_be_seen_and_removed(small: Onggi) -> None:
    container = start_a_filler(small)
    assert free(small) < FULL
    for _ in range(3):  # what one command is given, the next has too
        assert "Up" in small("ps")
        assert "busybox" in small("images")
        assert "No space left on device" in small.run("logs", "filler").stderr.decode()
        assert "filler" in small("inspect", "filler")
        small("system", "df")
        small("kill", "-s", "USR1", "filler")
    small("tag", "busybox:1.35", "another:1")
    small("rmi", "another:1")
    small("stop", "-t", "0", "filler")
    assert container[:12] in small("ps", "-a")
    small("rm", "filler")
    assert free(small) > 20 << 20
    small("run", "--rm", "busybox:1.35", "true")


@pytest.mark.parametrize("words", [("rm", "-f", "filler"), ("system", "prune", "-af")])
def test_one_command_frees_it(small: Onggi, words: tuple[str, ...]) -> None:
    start_a_filler(small)
    if words[0] == "system":
        small("kill", "filler")
        small("wait", "filler")
    small(*words)
    assert small("ps", "-aq") == ""
    assert free(small) > 20 << 20


def test_what_adds_is_refused_and_takes_nothing_of_the_reserve(small: Onggi, tmp_path: Path) -> None:
    start_a_filler(small)
    (tmp_path / "Dockerfile").write_text("FROM busybox:1.35\nRUN echo > /file\n")
    for _ in range(3):
        fill_up(small)
        assert "no space left on" in small.fails("run", "busybox:1.35", "true", code=125)
        fill_up(small)
        assert "no space left on" in small.fails("build", "-f", tmp_path / "Dockerfile", tmp_path / "small")
    small("rm", "-f", "filler")


def test_a_step_that_fills_the_disk(small: Onggi, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    script = "dd if=/dev/zero of=/big bs=4k; seq 100000; echo the last word >&2; exit 3"
    (context / "Dockerfile").write_text(f"FROM busybox:1.35\nRUN {script}\n")
    for how in ("-q", "--progress=plain"):
        said = small.fails("build", how, context)
        assert "the last word" in said
        assert "100000" in said
        assert "failed with exit code 3" in said
        assert "no space is left on" in said
    assert "failed" in small("builds", "ls")
    assert free(small) > 20 << 20


def test_the_logs_of_a_build_that_goes_on_have_gaps_and_that_is_said(small: Onggi, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    script = f"{FILL}; seq 100000; rm /big*; echo done"
    (context / "Dockerfile").write_text(f"FROM busybox:1.35\nRUN {script}\n")
    done = small.run("build", "--progress", "plain", context)
    assert done.returncode == 0, done.stderr.decode()
    assert "are not complete: no space left on" in done.stderr.decode()


def test_what_could_not_be_logged_is_told_and_the_container_goes_on(small: Onggi) -> None:
    script = f"echo begin; {FILL}; seq 100000; rm /big*; echo again; exec sleep 1000"
    container = small("run", "-d", "--log-driver", "json-file", "busybox:1.35", "sh", "-c", script)
    while "again" not in small.run("logs", container).stdout.decode():
        time.sleep(0.05)
    shown = small.run("logs", container)
    lines = shown.stdout.decode().split()
    assert (lines[0], lines[-1]) == ("begin", "again") and len(lines) < 100_000
    assert shown.stderr == b"onggi: the log is not complete: No space left on device\n"
    assert "Up" in small("ps")
    assert "No space left on device" in small("inspect", "-f", "{{.State.Error}}", container)
    small("rm", "-f", container)
