"""Read what a container's monitor says about it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from onggi.container.home import LAST_WORDS, STATE
from onggi.container.life import KILLED, RUNNING, advance
from onggi.container.state import State
from onggi.linux.presence import is_monitored

UNREADABLE = "its state cannot be read"
LOST = "its monitor, the process of onggi that looks after it, was killed, or the machine went down"
_decoder = msgspec.json.Decoder(State)


def read_state(home: str | Path) -> State:
    """The state now. A container that was never started is `created`; one whose monitor was killed, and with it the
    container, is `exited` with 137, and so is one that does not run and whose state is damaged."""
    state = _read(home)
    if state.status not in RUNNING or is_monitored(home):
        return state
    # The monitor may have published the end between the two looks.
    state = _read(home)
    if state.status not in RUNNING:
        return state
    # Nobody saw the end. The file was written by a clock that lags behind (CLOCK_REALTIME_COARSE).
    finished = max(os.stat(Path(home, STATE)).st_mtime, state.started_at)
    return replace(
        state,
        status=advance(state.status, "lost", Path(home).name),
        pid=0,
        was_lost=True,
        ports=(),
        exit_code=KILLED,
        finished_at=finished,
        error=UNREADABLE if state.error == UNREADABLE else _last_words(home) or LOST,
    )


class States:
    """The states of many containers, for who asks again and again: what a file says is kept until there is another one
    in its place, as each change makes one. Whether a monitor lives is looked up each time."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, int, int], State]] = {}

    def read(self, home: str) -> State:
        """As `read_state`."""
        try:
            found = os.stat(f"{home}/{STATE}")
        except FileNotFoundError:
            return State()
        mark = found.st_ino, found.st_mtime_ns, found.st_size
        before = self._known.get(home)
        state = before[1] if before and before[0] == mark else _read(home)
        self._known[home] = mark, state
        return read_state(home) if state.status in RUNNING and not is_monitored(home) else state

    def keep(self, homes: Iterable[str]) -> None:
        """Only theirs: the other containers are gone."""
        self._known = {home: self._known[home] for home in homes if home in self._known}


def _last_words(home: str | Path) -> str:
    """Of a monitor that ended by itself, which none should."""
    try:
        return Path(home, LAST_WORDS).read_text(errors="replace")
    except FileNotFoundError:
        return ""


def write_state(home: str | Path, state: State) -> None:
    """For a container without a monitor."""
    made = Path(home, f"{STATE}.new")
    made.write_bytes(msgspec.json.encode(state))
    made.rename(Path(home, STATE))


def _read(home: str | Path) -> State:
    try:
        with open(f"{home}/{STATE}", "rb", buffering=0) as file:  # of a thousand containers in one `ps`
            return _decoder.decode(file.read())
    except FileNotFoundError:
        return State()
    except msgspec.DecodeError:  # it was running once, or there would be no file
        return State(status="running", error=UNREADABLE)
