"""One build's story: events as they happen, records for later. Told by many threads, heard one event at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from onggi.errors import Failed, OnggiError
from onggi.oci.digest import Digest
from onggi.solve.events import Cancelled, Event, Finished, Kept, Started, StepFailed, Waiting, Wrote
from onggi.solve.record import Cause, Definition, KeptBy, Outcome, VertexRecord
from onggi.solve.result import CacheEntry
from onggi.solve.tail import Tail


class Journal:
    """`emit` is called by one thread at a time. Each vertex is settled once: kept, finished, failed or cancelled."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        now: Callable[[], float],
        definitions: Sequence[Definition],
        causes: Mapping[int, Cause],
    ) -> None:
        self._emit = emit
        self._now = now
        self._definitions = definitions
        self._causes = causes
        self._lock = threading.RLock()
        self._ready: dict[int, float] = {}
        self._started: dict[int, tuple[float, float]] = {}  # by the clock on the wall, and the monotonic one
        self._tails: dict[int, Tail] = {}
        self._details: dict[int, str] = {}
        self._contents: dict[int, tuple[str, tuple[Digest, ...]]] = {}
        self._records: dict[int, VertexRecord] = {}

    @property
    def records(self) -> tuple[VertexRecord, ...]:
        """Of the vertices that are settled, in graph order."""
        return tuple(self._records[index] for index in sorted(self._records))

    @property
    def saved(self) -> float:
        """Seconds that the cache spared."""
        return sum(record.saved for record in self._records.values())

    def last_lines(self, vertex: int, most: int) -> tuple[str, ...]:
        """The last of what the step wrote."""
        tail = self._tails.get(vertex)
        return tail.lines(most) if tail else ()

    def detail(self, vertex: int) -> str:
        return self._details.get(vertex, "")

    def is_settled(self, vertex: int) -> bool:
        return vertex in self._records

    def keyed(self, vertex: int, key: str, contents: tuple[Digest, ...]) -> None:
        """Its inputs are there, and its content key is known."""
        self._contents[vertex] = (key, contents)
        self._ready[vertex] = self._now()

    def contents(self, vertex: int) -> tuple[Digest, ...]:
        """What stands for its inputs in its content key, once that is known."""
        return self._contents[vertex][1]

    def detailed(self, vertex: int, text: str) -> None:
        self._details[vertex] = text

    def waiting(self, vertex: int, on: str) -> None:
        with self._lock:
            self._emit(Waiting(vertex=vertex, on=on, at=self._now()))

    def kept(self, vertex: int, by: KeptBy, entry: CacheEntry | None = None, waited: float = 0.0) -> None:
        """`waited` seconds for another to make it were not saved."""
        saved, detail = (max(entry.seconds - waited, 0.0), entry.detail) if entry else (0.0, "")
        if entry:
            self._contents.setdefault(vertex, ("", entry.contents))
        with self._lock:
            self._settle(vertex, "kept", by=by, saved=saved, detail=detail)
            self._emit(Kept(vertex=vertex, saved=saved, by=by, detail=detail, at=self._now()))

    def started(self, vertex: int) -> None:
        cause = self._causes.get(vertex)
        with self._lock:
            now = self._now()
            self._started[vertex] = (now, time.monotonic())
            self._emit(Started(vertex=vertex, cause=cause.short() if cause else "", at=now))

    def wrote(self, vertex: int, stream: int, data: bytes) -> None:
        with self._lock:
            if vertex not in self._tails:
                self._tails[vertex] = Tail()
            self._tails[vertex].write(stream, data)
            self._emit(Wrote(vertex=vertex, stream=stream, data=data, at=self._now()))

    def finished(self, vertex: int, seconds: float) -> None:
        detail = self.detail(vertex)
        with self._lock:
            self._settle(vertex, "ran", seconds=seconds, detail=detail)
            self._emit(Finished(vertex=vertex, seconds=seconds, detail=detail, at=self._now()))

    def failed(self, vertex: int, error: BaseException) -> None:
        exit_code = error.exit_code if isinstance(error, Failed) else None
        message = error.message if isinstance(error, OnggiError) else f"{type(error).__name__}: {error}"
        seconds = self._seconds(vertex)
        with self._lock:
            self._settle(vertex, "failed", seconds=seconds, exit_code=exit_code)
            self._emit(StepFailed(vertex=vertex, seconds=seconds, message=message, exit_code=exit_code, at=self._now()))

    def cancelled(self, vertex: int) -> None:
        with self._lock:
            self._settle(vertex, "cancelled", seconds=self._seconds(vertex))
            self._emit(Cancelled(vertex=vertex, at=self._now()))

    def _seconds(self, vertex: int) -> float:
        begun = self._started.get(vertex)
        return 0.0 if begun is None else time.monotonic() - begun[1]

    def _settle(
        self,
        vertex: int,
        outcome: Outcome,
        *,
        by: KeptBy | None = None,
        seconds: float = 0.0,
        saved: float = 0.0,
        detail: str = "",
        exit_code: int | None = None,
    ) -> None:
        key, contents = self._contents.get(vertex, ("", ()))
        self._records[vertex] = VertexRecord(
            vertex=vertex,
            definition=self._definitions[vertex],
            outcome=outcome,
            by=by or "",
            content=key,
            contents=contents,
            seconds=seconds,
            saved=saved,
            detail=detail,
            exit_code=exit_code,
            cause=self._causes.get(vertex),
            ready=self._ready.get(vertex, 0.0),
            started=self._started.get(vertex, (0.0,))[0],
            ended=self._now(),
        )
