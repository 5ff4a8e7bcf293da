from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from onggi.container.state import State
from onggi.linux.state import LOST, UNREADABLE, States, read_state, write_state

DAMAGED = {"cut": b'{"status":"exi', "zeros": bytes(100), "empty": b"", "of no kind": b'{"status":"asleep"}'}


def test_what_was_never_started_is_created(tmp_path: Path) -> None:
    assert read_state(tmp_path) == State()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_state(tmp_path, State(status="exited", exit_code=3, finished_at=5.0))
    assert read_state(tmp_path) == State(status="exited", exit_code=3, finished_at=5.0)


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_state_is_that_of_a_container_that_ended(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    os.utime(tmp_path / "state.json", (7, 7))
    assert read_state(tmp_path) == State(
        status="exited", exit_code=137, finished_at=7.0, error=UNREADABLE, was_lost=True
    )


def test_with_a_monitor_it_runs(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(b"")
    with open(tmp_path / "monitor.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert read_state(tmp_path) == State(status="running", error=UNREADABLE)


def test_one_whose_monitor_was_killed_has_ended(tmp_path: Path) -> None:
    write_state(tmp_path, State(status="running", pid=17, started_at=3.0))
    os.utime(tmp_path / "state.json", (7, 7))
    found = read_state(tmp_path)
    assert (found.status, found.exit_code, found.pid, found.finished_at) == ("exited", 137, 0, 7.0)
    assert found.error == LOST and found.was_lost
    write_state(tmp_path, State(status="running", pid=17, started_at=9.0))
    os.utime(tmp_path / "state.json", (7, 7))
    assert read_state(tmp_path).finished_at == 9.0, "not before it began"


def test_what_is_kept_is_what_one_would_read(tmp_path: Path) -> None:
    states, home = States(), str(tmp_path)
    assert states.read(home) == State()
    for state in (State(status="exited", exit_code=3), State(status="exited", exit_code=4), State(status="running")):
        write_state(tmp_path, state)
        with open(tmp_path / "monitor.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert states.read(home) == state
            assert states.read(home) is states.read(home)
    assert states.read(home) == read_state(tmp_path)
    assert states.read(home).was_lost
    before = states.read(home)
    states.keep([home])
    assert states.read(home) == before
    states.keep([])
    assert states.read(home) == before
    (tmp_path / "state.json").unlink()
    assert states.read(home) == State()
