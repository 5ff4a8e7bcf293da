"""What is known of further processes, in the folders of their containers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.container.home import EXECS
from onggi.errors import NotFound
from onggi.linux import exec_records


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / os.urandom(32).hex()
    made.mkdir()
    return made


def test_an_id_tells_its_container(home: Path) -> None:
    ids = {exec_records.create(home, b"{}") for _ in range(20)}
    assert len(ids) == 20
    for made in ids:
        assert len(made) == 64
        assert exec_records.container(made) == home.name[:32]
        assert exec_records.is_there(home, made)
    exec_records.remove(home, made)
    assert not exec_records.is_there(home, made)
    with pytest.raises(NotFound, match=f"No such exec instance: {made}"):
        exec_records.read(home, made)


@pytest.mark.parametrize("id", ["", "0" * 63, "0" * 65, "g" * 64, "../" + "0" * 61, "0" * 64 + "\n", "web"])
def test_what_is_no_id_is_nowhere(id: str) -> None:
    with pytest.raises(NotFound, match="No such exec instance"):
        exec_records.container(id)


def test_it_was_started_once_it_is_said(home: Path) -> None:
    made = exec_records.create(home, b"{}")
    assert not exec_records.read_state(home, made).has_started
    (home / EXECS / f"{made}.state").write_bytes(b"")  # claimed, on a full disk
    state = exec_records.read_state(home, made)
    assert (state.has_started, state.running, state.exit_code) == (True, False, 137)  # nobody lives who could run it


def test_one_that_cannot_start_has_ended_at_once(home: Path) -> None:
    """Its state is there whole, or not yet."""
    made = exec_records.create(home, b"{}")
    assert not exec_records.read_state(home, made).has_started
    exec_records.fail(home, made)
    state = exec_records.read_state(home, made)
    assert (state.running, state.exit_code, state.is_awaited) == (False, exec_records.CANNOT_START, False)
    assert sorted(each.name for each in (home / EXECS).iterdir()) == [made, f"{made}.state"]
