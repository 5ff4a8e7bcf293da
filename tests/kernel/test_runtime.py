"""The same monitor with an OCI runtime in place of the built-in child."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.errors import Failed, NotFound
from onggi.linux import attach, cgroup
from onggi.linux.presence import is_monitored
from onggi.linux.state import read_state

from .conftest import Boxes, in_runtime, written

pytestmark = pytest.mark.kernel


def start(boxes: Boxes, *argv: str, terminal: bool = False, runtime: str = "runc", open_stdin: bool = False) -> Path:
    home = boxes.home()
    plan = boxes.plan(home, *argv, terminal=terminal)
    boxes.launcher.container(plan, home, in_runtime(plan, runtime, open_stdin=open_stdin, rows=33, columns=77))
    return home


def test_output_and_exit_code(boxes: Boxes) -> None:
    home = start(boxes, "sh", "-c", "echo out; echo err >&2; echo $$ $(ulimit -n) $(ulimit -Hn); exit 3")
    assert attach.wait(home) == 3
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert (written(home), written(home, "stderr")) == (f"out\n1 {soft} {hard}\n", "err\n")
    state = read_state(home)
    assert (state.status, state.exit_code) == ("exited", 3)
    eventually(lambda: not is_monitored(home))
    assert str(home) not in Path("/proc/self/mountinfo").read_text()
    assert os.listdir(home / "runtime") == []


def test_stdin_signals_and_a_client(boxes: Boxes) -> None:
    script = "trap 'exit 5' TERM; read x; echo got $x; while :; do sleep 0.05; done"
    home = start(boxes, "sh", "-c", script, open_stdin=True)
    with attach.connect(home) as peer:
        peer.sendall(b"\0\0\0\0\0\0\0\3hi\n")
        eventually(lambda: written(home) == "got hi\n")
    attach.send_signal(home, signal.SIGTERM)
    assert attach.wait(home) == 5


def test_a_terminal(boxes: Boxes) -> None:
    home = start(boxes, "sh", "-c", "stty size; exit 4", terminal=True)
    assert attach.wait(home) == 4
    assert written(home) == "33 77\r\n"


def test_a_program_that_is_not_there(boxes: Boxes) -> None:
    with pytest.raises(Failed, match="executable file not found") as raised:
        start(boxes, "foo")
    assert raised.value.exit_code == 127
    assert read_state(boxes.homes[-1]).status == "created"


def test_a_runtime_that_is_not_there(boxes: Boxes) -> None:
    with pytest.raises(NotFound, match="unknown or invalid runtime name: nonesuch"):
        start(boxes, "true", runtime="nonesuch")


def test_a_killed_monitor_leaves_a_container_that_is_told_as_lost(boxes: Boxes) -> None:
    home = start(boxes, "sleep", "100000")
    pid = read_state(home).pid
    monitor = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(monitor, signal.SIGKILL)
    eventually(lambda: not is_monitored(home))
    assert read_state(home).exit_code == 137
    subprocess.run(["runc", "--root", str(home / "runtime"), "delete", "--force", home.name], check=True)
    cgroup.sweep()  # what the monitor held, as the next launcher does
