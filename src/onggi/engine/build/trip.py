"""An output on its way to where it is to be, as events."""

from __future__ import annotations

import time
from collections.abc import Callable

from onggi.solve.events import Event, Exported, Exporting, Way

OnEvent = Callable[[Event], None]

_PAUSE = 0.1  # seconds between two events about how far it is


class Trip:
    """Of one output, from `begin` on."""

    def __init__(self, to: str, way: Way, emit: OnEvent) -> None:
        self._to = to
        self._way = way
        self._emit = emit
        self._began = time.time()
        self._told = self._began

    def begin(self) -> Trip:
        self._emit(Exporting(to=self._to, way=self._way, at=self._began))
        return self

    def moved(self, done: int, total: int = 0) -> None:
        """So many bytes went out, of so many, 0 where that is not known. Not every call becomes an event."""
        now = time.time()
        if now - self._told >= _PAUSE:
            self._told = now
            self._emit(Exporting(to=self._to, way=self._way, done=done, total=total, at=now))

    def arrived(self, files: int, size: int | None, digest: str = "") -> None:
        now = time.time()
        self._emit(
            Exported(
                to=self._to, files=files, size=size, seconds=now - self._began, way=self._way, digest=digest, at=now
            )
        )
