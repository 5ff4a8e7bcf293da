"""What a monitor says of its container, without a JSON library, is what others read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.container.life import TABLE
from onggi.container.state import HealthState, Probe, State, Status
from onggi.errors import Conflict
from onggi.linux.state_file import StateFile, publish

if TYPE_CHECKING:
    from onggi.container.life import Event

SECONDS = st.floats(0, 1e11)
HEALTH = st.builds(
    HealthState, log=st.lists(st.builds(Probe, start=SECONDS, end=SECONDS), max_size=3).map(tuple), failing_streak=...
)
STATES = st.builds(
    State,
    **dict.fromkeys(State.__struct_fields__, ...)
    | {"started_at": SECONDS, "finished_at": SECONDS, "health": st.none() | HEALTH},
)


def read(folder: Path) -> State:
    return msgspec.json.decode((folder / "state.json").read_bytes(), type=State)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with contextlib.chdir(folder):
        yield folder


@given(state=STATES)
def test_every_state_comes_back_as_it_was_said(folder: Path, state: State) -> None:
    StateFile("web", {}).say(**msgspec.to_builtins(state))
    assert read(folder) == state


@pytest.mark.parametrize(("status", "event", "following"), [(*move, following) for move, following in TABLE.items()])
def test_it_moves_along_the_table(folder: Path, status: Status, event: Event, following: Status) -> None:
    StateFile("web", {"status": status}).move(event, pid=7)
    assert read(folder) == State(status=following, pid=7)


def test_it_does_not_leave_the_table(folder: Path) -> None:
    state = StateFile("web", {"status": "running"})
    state.say(pid=3)
    for act in (state.require, state.move):
        with pytest.raises(Conflict, match="container web is not paused"):
            act("unpause")
    assert read(folder) == State(status="running", pid=3)


def test_what_it_was_before_stays_until_something_else_is_said(folder: Path) -> None:
    before: dict[str, Any] = msgspec.to_builtins(State(status="exited", exit_code=3, finished_at=5.0))
    StateFile("web", before).say(error="no such program")
    assert read(folder) == State(status="exited", exit_code=3, finished_at=5.0, error="no such program")


def test_on_a_full_disk_it_is_said_in_the_file_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "said"
    publish(str(path), b"before")
    (tmp_path / "said.new").symlink_to("/dev/full")
    before = path.stat().st_ino
    publish(str(path), b"now")
    assert (path.read_bytes(), path.stat().st_ino) == (b"now", before)


def test_whatever_else_is_wrong_leaves_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "said"
    publish(str(path), b"before")
    (tmp_path / "said.new").mkdir()
    with pytest.raises(IsADirectoryError):
        publish(str(path), b"now")
    assert path.read_bytes() == b"before"


def test_after_its_end_others_may_write(folder: Path) -> None:
    state = StateFile("web", {"status": "running"})
    state.move("exit")
    state.leave()
    state.say(execs=["late"])
    assert read(folder) == State(status="exited")
