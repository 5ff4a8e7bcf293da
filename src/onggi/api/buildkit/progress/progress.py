"""What a build tells → what a client is told of its vertices, to whoever asks, from the beginning."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

from google.protobuf.timestamp_pb2 import Timestamp

from onggi.api.buildkit.wire.control_pb2 import StatusResponse, Vertex, VertexLog
from onggi.solve.events import (
    Cancelled,
    Event,
    Finished,
    Kept,
    Planned,
    Started,
    StepFailed,
    Wrote,
)


class Progress:
    """Of one job, whose name tells its vertices from those of others. It is called with events."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._told: list[StatusResponse] = []
        self._has_ended = False
        self._changed = threading.Condition()
        self._vertices: dict[object, Vertex] = {}

    def __call__(self, event: Event) -> None:
        if (said := self._said(event)) is not None:
            self.tell(said)

    def tell(self, said: StatusResponse) -> None:
        with self._changed:
            self._told.append(said)
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def follow(self) -> Iterator[StatusResponse]:
        """All that is told, until the end."""
        place = 0
        while new := self._after(place):
            yield from new
            place += len(new)

    def _after(self, place: int) -> list[StatusResponse]:
        with self._changed:
            self._changed.wait_for(lambda: len(self._told) > place or self._has_ended)
            return self._told[place:]

    def _said(self, event: Event) -> StatusResponse | None:
        at = _moment(event.at)
        match event:
            case Planned():
                for number, (stage, text, _) in enumerate(event.vertices):
                    self._vertex(number, f"[{stage}] {text}")
                return StatusResponse(vertexes=self._vertices.values())
            case Started():
                vertex = self._vertex(event.vertex)
                vertex.started.CopyFrom(at)
            case Kept():
                vertex = self._vertex(event.vertex)
                vertex.started.CopyFrom(at)
                vertex.completed.CopyFrom(at)
                vertex.cached = True
            case Finished():
                vertex = self._vertex(event.vertex)
                vertex.completed.CopyFrom(at)
            case StepFailed():
                vertex = self._vertex(event.vertex)
                vertex.completed.CopyFrom(at)
                vertex.error = event.message
            case Cancelled():
                vertex = self._vertex(event.vertex)
                vertex.completed.CopyFrom(at)
                vertex.error = "context canceled"
            case Wrote():
                log = VertexLog(vertex=self._digest(event.vertex), timestamp=at, stream=event.stream, msg=event.data)
                return StatusResponse(logs=[log])
            case _:
                return None
        return StatusResponse(vertexes=[vertex])

    def _vertex(self, key: object, name: str = "") -> Vertex:
        if key not in self._vertices:
            self._vertices[key] = Vertex(digest=self._digest(key), name=name)
        return self._vertices[key]

    def _digest(self, key: object) -> str:
        return f"sha256:{hashlib.sha256(f'{self._job} {key}'.encode()).hexdigest()}"


def _moment(seconds: float) -> Timestamp:
    moment = Timestamp()
    moment.FromNanoseconds(int(seconds * 1_000_000_000))
    return moment
