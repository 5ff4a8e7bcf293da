"""The whole output of each step, kept in the build's record; of a build that is killed, what it wrote until then."""

from __future__ import annotations

from collections.abc import Callable
from io import FileIO

from onggi.errors import Unavailable
from onggi.solve.events import Event, Planned, Wrote
from onggi.store.store import Store


class StepLogs:
    """Keeps the whole output of each step in the build's record while it passes the events on. On a disk that is full
    the steps go on, and `warn` is told that the logs have gaps."""

    def __init__(
        self, store: Store, build: str, on_event: Callable[[Event], None] | None, warn: Callable[[str], None]
    ) -> None:
        self._store = store
        self._build = build
        self._on_event = on_event
        self._warn = warn
        self._plan: Planned | None = None
        self._open: dict[int, FileIO] = {}
        self._is_whole = True

    def __enter__(self) -> Callable[[Event], None]:
        return self._emit

    def __exit__(self, *_: object) -> None:
        for log in self._open.values():
            log.close()

    def _emit(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._plan = event
        elif isinstance(event, Wrote):
            try:
                self._keep(event)
            except Unavailable as error:
                self._lose(error)
        if self._on_event is not None:
            self._on_event(event)

    def _keep(self, event: Wrote) -> None:
        log = self._log(event.vertex)
        with self._store.disk.during("writing a step's log"):
            rest = memoryview(event.data)
            while rest:
                rest = rest[log.write(rest) :]

    def _lose(self, error: Unavailable) -> None:
        if self._is_whole:
            self._is_whole = False
            self._warn(f"the logs of build {self._build} are not complete: {error.message}")

    def _log(self, vertex: int) -> FileIO:
        if not self._open and self._plan:  # a record lists its steps when the build has ended: this one may never do so
            self._store.records.write_plan(self._build, self._plan.vertices)
        if vertex not in self._open:
            self._open[vertex] = self._store.records.log(self._build, vertex)
        return self._open[vertex]
