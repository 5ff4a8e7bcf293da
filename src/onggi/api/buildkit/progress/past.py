"""What a build's record tells of its vertices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from onggi.api.buildkit.moment import moment
from onggi.api.buildkit.progress.vertices import digest
from onggi.api.buildkit.wire.control_pb2 import StatusResponse, Vertex, VertexLog
from onggi.characters import quoted
from onggi.engine.builds import Builds
from onggi.solve.record import VertexRecord, stage_name
from onggi.store.records import BuildRecord

CANCELLED = "context canceled"
_FAILED = "the build failed"
_PIECE = 1 << 18
"""Bytes of a log in one message, which may not have any number."""


class _Program(msgspec.Struct):
    """What a step runs, of all that its op says."""

    argv: Sequence[str] = ()


_PROGRAM = msgspec.json.Decoder(_Program)


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
        error=_error(record, each),
    )


def failed(argv: Sequence[str], exit_code: int) -> str:
    """What is said of a step's program (moby/buildkit, executor/runcexecutor)."""
    return f"process {quoted(' '.join(argv))} did not complete successfully: exit code: {exit_code}"


def why(record: BuildRecord) -> str:
    """It failed."""
    failed = (each for each in record.vertices if each.outcome == "failed")
    return next((_error(record, each) for each in failed), record.error or _FAILED)


def _error(record: BuildRecord, each: VertexRecord) -> str:
    """In the words that the build failed with; "" if nothing went wrong."""
    if each.outcome == "cancelled":
        return CANCELLED
    if each.outcome != "failed":
        return ""
    argv = _PROGRAM.decode(each.definition.op).argv
    return record.error or _FAILED if each.exit_code is None or not argv else failed(argv, each.exit_code)
