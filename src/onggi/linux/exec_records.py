"""What is known of the further processes of a container, in its folder. An ID begins as the container's does, so that
whoever asks needs no more than it, and no other container is looked at.

    execs/<id>          what was asked for; written by who made it, and never changed
    execs/<id>.state    from its start on: its pid, whether it runs, and its exit code; by the container's monitor, or
                        by who could not ask it for the start

They go when the container starts again or is removed, and when they have ended, after a while.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from onggi.container.home import EXEC_STATE, EXECS
from onggi.container.life import KILLED
from onggi.errors import NotFound
from onggi.linux.presence import is_monitored
from onggi.linux.state_file import publish

CANNOT_START = 126
KEPT_SECONDS = 300.0
"""How long one that has ended can be asked for."""
_ID = re.compile(r"[0-9a-f]{64}")
_SHARED = 32
"""So many digits it has of its container's ID."""


class ExecState(msgspec.Struct, frozen=True):
    """`exit_code` is None until it has ended; has_started: by whomever, it cannot be started again."""

    pid: int = 0
    running: bool = False
    exit_code: int | None = None
    has_started: bool = True

    @property
    def is_awaited(self) -> bool:
        """Nobody has started it yet, or its program does not run yet."""
        return not self.has_started or (self.running and not self.pid)


_decoder = msgspec.json.Decoder(ExecState)


def create(home: Path, document: bytes) -> str:
    """Its ID."""
    folder = home / EXECS
    folder.mkdir(mode=0o700, exist_ok=True)  # what was asked for may hold secrets
    _sweep(folder)
    name = home.name[:_SHARED] + os.urandom(16).hex()
    made = folder / f"{name}.new"
    made.write_bytes(document)
    made.rename(folder / name)
    return name


def container(id: str) -> str:
    """The beginning of its container's ID. Raises NotFound for what is no ID."""
    if not _ID.fullmatch(id):
        raise missing(id)
    return id[:_SHARED]


def is_there(home: Path, id: str) -> bool:
    """Whether it is one of the container's."""
    return (home / EXECS / id).exists()


def missing(id: str) -> NotFound:
    return NotFound(f"No such exec instance: {id}")


def read(home: Path, id: str) -> bytes:
    """What was asked for. Raises NotFound."""
    try:
        return (home / EXECS / id).read_bytes()
    except FileNotFoundError:
        raise missing(id) from None


def read_state(home: Path, id: str) -> ExecState:
    """Where the monitor was killed or has gone, nothing of it runs any more."""
    state = _state(home / EXECS / f"{id}{EXEC_STATE}")
    if not state.running or is_monitored(home):
        return state
    state = _state(home / EXECS / f"{id}{EXEC_STATE}")  # it may have been told between the two looks
    return ExecState(state.pid, False, KILLED) if state.running else state


def fail(home: Path, id: str) -> None:
    """It cannot even be tried: that is what it ended with, as with Docker."""
    publish(str(home / EXECS / f"{id}{EXEC_STATE}"), msgspec.json.encode(ExecState(exit_code=CANNOT_START)))


def remove(home: Path, id: str) -> None:
    """Nobody will ask for it."""
    for name in (id, f"{id}{EXEC_STATE}"):
        (home / EXECS / name).unlink(missing_ok=True)


def _state(path: Path) -> ExecState:
    try:
        return _decoder.decode(path.read_bytes())
    except FileNotFoundError:
        return ExecState(has_started=False)
    except msgspec.DecodeError:  # a full disk: it was started, and no more is known
        return ExecState(running=True)


def _sweep(folder: Path) -> None:
    """Away with what has ended long ago."""
    latest = time.time() - KEPT_SECONDS
    for entry in os.scandir(folder):
        if not entry.name.endswith(EXEC_STATE):
            continue
        with suppress(FileNotFoundError):  # somebody else sweeps too
            if entry.stat().st_mtime < latest and not _state(Path(entry.path)).running:
                remove(folder.parent, entry.name.removesuffix(EXEC_STATE))
