"""What a build's record tells of its vertices."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.api.buildkit.moment import moment
from onggi.api.buildkit.progress.vertices import digest
from onggi.api.buildkit.wire.control_pb2 import StatusResponse, Vertex, VertexLog
from onggi.engine.builds import Builds
from onggi.solve.record import VertexRecord, stage_name
from onggi.store.records import BuildRecord

_PIECE = 1 << 18
"""Bytes of a log in one message, which may not have any number."""


def of_record(builds: Builds, record: BuildRecord) -> Iterator[StatusResponse]:
    """As it would have been told, had somebody followed it."""
    logged = set(builds.logged(record.id))
    for number, each in record.numbered.items():
        vertex = _vertex(record, each)
        yield StatusResponse(vertexes=[vertex])
        if number in logged:
            said = builds.log(record.id, number)
            for start in range(0, len(said), _PIECE):
                piece = said[start : start + _PIECE]
                log = VertexLog(vertex=vertex.digest, timestamp=vertex.started, stream=1, msg=piece)
                yield StatusResponse(logs=[log])


def _vertex(record: BuildRecord, each: VertexRecord) -> Vertex:
    return Vertex(
        digest=digest(record.id, each.vertex),
        name=f"[{stage_name(each.definition.stage)}] {each.definition.text}",
        cached=each.outcome == "kept",
        started=moment(each.started or record.started),
        completed=moment(each.ended or record.started),
        error=_ERRORS.get(each.outcome, ""),
    )


_ERRORS = {"failed": "it failed", "cancelled": "context canceled"}
