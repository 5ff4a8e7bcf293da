"""The whole output of each step, kept in the build's record."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from onggi.solve.events import Event, Wrote
from onggi.store.store import Store


class StepLogs:
    """Keeps the whole output of each step in the build's record while it passes the events on."""

    def __init__(self, store: Store, build: str, on_event: Callable[[Event], None] | None) -> None:
        self._store = store
        self._build = build
        self._on_event = on_event
        self._open: dict[int, BinaryIO] = {}

    def __enter__(self) -> Callable[[Event], None]:
        return self._emit

    def __exit__(self, *_: object) -> None:
        for log in self._open.values():
            log.close()

    def _emit(self, event: Event) -> None:
        if isinstance(event, Wrote):
            if event.vertex not in self._open:
                self._open[event.vertex] = self._store.records.log(self._build, event.vertex)
            self._open[event.vertex].write(event.data)
        if self._on_event is not None:
            self._on_event(event)
