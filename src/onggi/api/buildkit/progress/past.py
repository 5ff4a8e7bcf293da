"""What a build's record tells of its vertices."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.api.buildkit.progress.vertices import digest, moment
from onggi.api.buildkit.wire.control_pb2 import StatusResponse, Vertex, VertexLog
from onggi.engine.builds import Builds
from onggi.solve.record import VertexRecord
from onggi.store.records import BuildRecord


def of_record(builds: Builds, record: BuildRecord) -> Iterator[StatusResponse]:
    """As it would have been told, had somebody followed it."""
    logged = set(builds.logged(record.id))
    for number, each in record.numbered.items():
        vertex = _vertex(record, each)
        yield StatusResponse(vertexes=[vertex])
        if number in logged:
            said = builds.log(record.id, number)
            yield StatusResponse(logs=[VertexLog(vertex=vertex.digest, timestamp=vertex.started, stream=1, msg=said)])


def _vertex(record: BuildRecord, each: VertexRecord) -> Vertex:
    return Vertex(
        digest=digest(record.id, each.vertex),
        name=f"[{each.definition.stage}] {each.definition.text}",
        cached=each.outcome == "kept",
        started=moment(each.started or record.started),
        completed=moment(each.ended or record.started),
        error=_ERRORS.get(each.outcome, ""),
    )


_ERRORS = {"failed": "it failed", "cancelled": "context canceled"}
