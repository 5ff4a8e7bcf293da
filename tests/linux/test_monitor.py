"""The last words of a monitor; its life is in tests/kernel/test_monitor.py."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from onggi.container.state import State
from onggi.errors import Conflict
from onggi.linux import report
from onggi.linux.monitor import confess
from onggi.linux.state import read_state, write_state


def test_who_waits_for_the_start_is_told() -> None:
    ours, its = socket.socketpair()
    with ours, its:
        confess(Conflict("the container is already running", hint="stop it"), its)
        told = report.decode(ours.recv(4096))
    assert isinstance(told, Conflict)
    assert (told.message, told.hint) == ("the container is already running", "stop it")


def test_later_the_state_tells(tmp_path: Path) -> None:
    ours, its = socket.socketpair()
    ours.close()
    its.close()
    write_state(tmp_path, State(status="running", pid=17))
    with contextlib.chdir(tmp_path):
        confess(Conflict("the lid is stuck"), its)
    found = read_state(tmp_path)
    assert (found.status, found.exit_code, found.error) == ("exited", 137, "the lid is stuck")
