"""The whole output of each step, kept in the build's record; of a build that is killed, what it wrote until then."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from onggi.solve.events import Event, Planned, Wrote
from onggi.store.store import Store


class StepLogs:
    """Keeps the whole output of each step in the build's record while it passes the events on."""

    def __init__(self, store: Store, build: str, on_event: Callable[[Event], None] | None) -> None:
        self._store = store
        self._build = build
        self._on_event = on_event
        self._plan: Planned | None = None
        self._open: dict[int, BinaryIO] = {}

    def __enter__(self) -> Callable[[Event], None]:
        return self._emit

    def __exit__(self, *_: object) -> None:
        for log in self._open.values():
            log.close()

    def _emit(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._plan = event
        elif isinstance(event, Wrote):
            log = self._log(event.vertex)
            log.write(event.data)
            log.flush()
        if self._on_event is not None:
            self._on_event(event)

    def _log(self, vertex: int) -> BinaryIO:
        if not self._open and self._plan:  # a record lists its steps when the build has ended: this one may never do so
            self._store.records.write_plan(self._build, self._plan.vertices)
        if vertex not in self._open:
            self._open[vertex] = self._store.records.log(self._build, vertex)
        return self._open[vertex]
