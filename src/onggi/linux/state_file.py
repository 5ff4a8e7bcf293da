"""Write state.json, from the monitor, in the container's folder; state.py reads it. Bare: part of every monitor."""

from __future__ import annotations

import errno
import os
from _json import encode_basestring as quote  # all of json that is needed: the package imports re

from onggi.container.home import STATE
from onggi.container.life import advance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from onggi.container.life import Event
    from onggi.container.state import Status

_FULL = (errno.ENOSPC, errno.EDQUOT)


class StateFile:
    """What is said of the container `name`, by the names of State; `before` is what was said when its monitor began.
    Its status moves along the table of life.py, and in no other way."""

    def __init__(self, name: str, before: dict[str, Any]) -> None:
        self._name = name
        self._facts = {"status": "created", **before}
        self._is_ours = True

    @property
    def status(self) -> Status:
        status: Status = self._facts["status"]
        return status

    def require(self, event: Event) -> None:
        """Raises Conflict where the table has no such move now."""
        advance(self.status, event, self._name)

    def move(self, event: Event, **facts: Any) -> None:
        """Say that the event came, and the facts with it. As `require`."""
        self.say(**facts, status=advance(self.status, event, self._name))

    def say(self, **facts: Any) -> None:
        if not self._is_ours:
            return
        self._facts |= facts
        publish(STATE, f"{encode(self._facts)}\n".encode())

    def leave(self) -> None:
        """What is said from here on is not written: another monitor may be about to, when our lock is free."""
        self._is_ours = False


def publish(path: str, data: bytes) -> None:
    """Put another file in its place. On a full disk write into the one that is there, which has a block to itself; who
    reads it meanwhile may see a part."""
    try:
        write(f"{path}.new", data)
        os.rename(f"{path}.new", path)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        write(path, data)


def write(path: str, data: bytes) -> None:
    """Without truncating first: a file that is there keeps its block."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, data)
        os.ftruncate(descriptor, len(data))
    finally:
        os.close(descriptor)


def encode(value: Any) -> str:
    """As JSON."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        return f"{{{','.join([f'{quote(key)}:{encode(item)}' for key, item in value.items()])}}}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join([encode(item) for item in value])}]"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)
