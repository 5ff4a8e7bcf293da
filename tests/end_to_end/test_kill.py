"""SIGKILL at sixteen instants of a build and of a run: the store is clean or repaired, and nothing runs on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from tests.instants import spread

from .conftest import Context, Onggi

INSTANTS = 16


def left_running(mark: str) -> list[str]:
    """Command lines of processes that carry the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if mark in line:
                found.append(line)
    return found


def gone(mark: str) -> bool:
    deadline = time.monotonic() + 10
    while left_running(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def check(onggi: Onggi) -> None:
    with onggi.engine() as engine:
        if engine.system.check():
            engine.system.check(repair=True)
        assert engine.system.check(deep=True) == []


@pytest.mark.slow
def test_kill_build(onggi: Onggi, context: Context) -> None:
    folder = context(
        """\
FROM busybox:1.35 AS one
COPY tree /tree
RUN sleep 0.0717171; cp -r /tree /copy
FROM busybox:1.35
COPY --from=one /copy /copy
RUN sleep 0.0717171; echo done > /done
""",
        {f"tree/{number}": f"{number}\n" * 500 for number in range(200)},
    )
    began = time.monotonic()
    expected = onggi.build(folder, "--no-cache", "--reproducible", "-t", "whole")
    whole = time.monotonic() - began
    for number, instant in enumerate(spread(INSTANTS, whole * 1.1)):
        process = onggi.start("build", "-q", "--no-cache", "--reproducible", "-t", f"killed{number}", str(folder))
        time.sleep(instant)
        process.kill()
        process.communicate()
        assert gone("0.0717171"), left_running("0.0717171")
        if number % 5 == 0:
            check(onggi)
        with onggi.engine() as engine:
            assert engine.images.inspect("whole")["Id"] == expected
    check(onggi)
    assert onggi.build(folder, "--reproducible") == expected
    assert onggi("run", "--rm", "whole", "cat", "/done") == "done"


@pytest.mark.slow
def test_kill_run(onggi: Onggi) -> None:
    began = time.monotonic()
    onggi("run", "--rm", "busybox:1.35", "sleep", "0.1")
    whole = time.monotonic() - began
    for number, instant in enumerate(spread(INSTANTS, whole * 1.1)):
        process = onggi.start("run", "--name", f"c{number}", "busybox:1.35", "sleep", "0.1717171")
        time.sleep(instant)
        process.kill()
        process.communicate()
    assert gone("0.1717171"), left_running("0.1717171")
    check(onggi)
    known = onggi("ps", "-aq").split()
    for state in onggi("ps", "-a", "--format", "{{.State}}").split():
        assert state in ("exited", "created", "dead")
    if known:
        onggi("rm", *known)
    assert onggi("ps", "-aq") == ""
    assert onggi("run", "--rm", "busybox:1.35", "echo", "fine") == "fine"


def kill_monitor(onggi: Onggi, container: str) -> None:
    pid = int(onggi("inspect", "--format", "{{.State.Pid}}", container))
    monitor = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(monitor, signal.SIGKILL)


def test_killed_monitor_is_told_as_dead(onggi: Onggi) -> None:
    container = onggi("run", "-d", "busybox:1.35", "sleep", "1000.5")
    kill_monitor(onggi, container)
    assert gone("sleep 1000.5"), "a container does not outlive its monitor"
    assert onggi("inspect", "--format", "{{.State.Running}}", container) == "false"
    onggi("rm", container)


def test_runtime_container_of_a_killed_monitor_goes_with_its_removal(onggi: Onggi) -> None:
    container = onggi("run", "-d", "--runtime", "runc", "busybox:1.35", "sleep", "1000.25")
    kill_monitor(onggi, container)
    onggi("rm", "-f", container)
    assert gone("sleep 1000.25")


def test_what_was_to_be_removed_at_its_end_goes_though_its_monitor_was_killed(onggi: Onggi) -> None:
    """With the next command that finds it: one that lists, one that wants its name, `system resume`."""

    def leave_one() -> None:
        onggi("run", "-d", "--rm", "--name", "job", "-v", "/data", "busybox:1.35", "sleep", "1000.125")
        kill_monitor(onggi, "job")
        assert gone("sleep 1000.125")
        assert onggi("inspect", "--format", "{{.State.Status}}", "job") == "exited"

    leave_one()
    assert onggi("ps", "-aq") == "" == onggi("volume", "ls", "-q")
    leave_one()
    assert onggi("system", "resume") == "" == onggi("volume", "ls", "-q")
    onggi.fails("inspect", "job")
    leave_one()
    onggi("run", "--name", "job", "busybox:1.35", "true")
    assert "already in use" in onggi.fails("create", "--name", "job", "busybox:1.35", "true")
    destroyed = onggi("events", "--since", "1h", "--until", "0s", "-f", "event=destroy", "-f", "type=container")
    assert len(destroyed.splitlines()) == 3


def test_who_is_attached_to_what_was_to_be_removed_removes_it(onggi: Onggi) -> None:
    with onggi.start(
        "run", "--rm", "--name", "job", "busybox:1.35", "sh", "-c", "echo up; exec sleep 1000.0625"
    ) as run:
        assert run.stdout and run.stderr
        assert run.stdout.readline() == b"up\n"
        kill_monitor(onggi, "job")
        assert b"monitor was killed" in run.stderr.read()
    onggi.fails("inspect", "job")
