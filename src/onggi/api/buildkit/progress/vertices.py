"""The vertices of a solve as its client knows them. A change of one is a message."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from onggi.api.buildkit.moment import moment
from onggi.api.buildkit.wire.control_pb2 import StatusResponse, Vertex, VertexStatus


def digest(*key: object) -> str:
    """A name for what has this key."""
    return f"sha256:{hashlib.sha256(repr(key).encode()).hexdigest()}"


class Told:
    """A vertex, and the lines beneath it that say how far parts of it are. Each method gives what to tell; what was not
    told of them is told with its end."""

    def __init__(self, digest: str, name: str) -> None:
        self.vertex = Vertex(digest=digest, name=name)
        self._parts: dict[str, VertexStatus] = {}

    @property
    def is_open(self) -> bool:
        return self.vertex.HasField("started") and not self.vertex.HasField("completed")

    def named(self) -> StatusResponse:
        return StatusResponse(vertexes=[self.vertex])

    def start(self, at: float) -> StatusResponse:
        """Where it has not begun yet."""
        if not self.vertex.HasField("started"):
            self.vertex.started.CopyFrom(moment(at))
        return self.named()

    def part(self, name: str, at: float, done: int = 0, total: int = 0, *, is_done: bool = False) -> StatusResponse:
        """Bytes, if `done` and `total` say something."""
        if name not in self._parts:
            self._parts[name] = VertexStatus(id=name, vertex=self.vertex.digest, started=moment(at))
        part = self._parts[name]
        part.current, part.total = max(done, part.current), max(total, part.total)
        part.timestamp.CopyFrom(moment(at))
        if is_done:
            part.completed.CopyFrom(moment(at))
        return StatusResponse(statuses=[part])

    def end_parts(self, at: float) -> Iterator[StatusResponse]:
        """Those that have no end yet."""
        for name, part in self._parts.items():
            if not part.HasField("completed"):
                yield self.part(name, at, is_done=True)

    def end(self, at: float, *, error: str = "", is_cached: bool = False) -> StatusResponse:
        """Its parts end with it, if it went well."""
        self.start(at)
        self.vertex.completed.CopyFrom(moment(at))
        self.vertex.error, self.vertex.cached = error, is_cached
        said = self.named()
        for part in () if error else self.end_parts(at):
            said.MergeFrom(part)
        return said
