"""Contexts that come by a request of their own, for a build that another request has asked for (moby,
builder/builder-next: upload-request)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from onggi.errors import NotFound
from onggi.solve.ports import Abandoned, Cancel

_PATIENCE_SECONDS = 10.0
"""For the other one of the two requests."""


class Bodies:
    """Those of this server, by the build's name."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._offered: dict[str, BinaryIO] = {}
        self._taken: set[str] = set()

    def offer(self, name: str, body: BinaryIO, cancel: Cancel) -> None:
        """Until the build is done with it. Raises NotFound where none comes for it, Abandoned."""
        with self._changed:
            self._offered[name] = body
            self._changed.notify_all()
        forget = cancel.add(self._wake)
        try:
            self._wait(name, cancel)
        finally:
            forget()

    @contextmanager
    def take(self, name: str) -> Iterator[BinaryIO]:
        """Waits a while for it. Raises NotFound."""
        with self._changed:
            if not self._changed.wait_for(lambda: name in self._offered, _PATIENCE_SECONDS):
                raise NotFound(f"no context was sent for the build {name}")
            self._taken.add(name)
            body = self._offered[name]
            self._changed.notify_all()
        try:
            yield body
        finally:
            with self._changed:
                self._taken.discard(name)
                self._offered.pop(name, None)
                self._changed.notify_all()

    def _wait(self, name: str, cancel: Cancel) -> None:
        with self._changed:
            is_met = self._changed.wait_for(lambda: name not in self._offered or name in self._taken, _PATIENCE_SECONDS)
            if not is_met:
                del self._offered[name]
                raise NotFound(f"there is no build {name}")
            self._changed.wait_for(lambda: name not in self._offered or cancel.is_set)
            if cancel.is_set:
                raise Abandoned

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
