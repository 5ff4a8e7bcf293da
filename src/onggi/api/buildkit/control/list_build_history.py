"""ListenBuildHistory: the builds that were recorded, also those that were not asked for by this protocol. They are
called by their own IDs."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.api.buildkit.grpc.status import CANCELLED, UNKNOWN
from onggi.api.buildkit.moment import moment
from onggi.api.buildkit.progress import past
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import (
    COMPLETE,
    STARTED,
    BuildHistoryEvent,
    BuildHistoryRecord,
    BuildHistoryRequest,
    Status,
)
from onggi.errors import Unsupported
from onggi.oci import reference
from onggi.store.records import BuildRecord


def _handle(asked: Asked, request: BuildHistoryRequest) -> Iterator[BuildHistoryEvent]:
    """Its filters are passed over: clients look themselves."""
    if not request.early_exit:
        raise Unsupported("builds that are still to come are not told of", hint="`onggi events --filter type=builder`")
    found = [each for each in asked.hub.engine.builds.list() if _is_asked_for(each, request)]
    for record in found[: request.limit or None]:
        is_running = record.outcome == "running"
        yield BuildHistoryEvent(type=STARTED if is_running else COMPLETE, record=_told(record))


def _is_asked_for(record: BuildRecord, request: BuildHistoryRequest) -> bool:
    return request.ref in ("", record.id) and (not request.active_only or record.outcome == "running")


def _told(record: BuildRecord) -> BuildHistoryRecord:
    attributes = {
        "context": record.context,
        "filename": record.dockerfile.removesuffix(f" in {record.context}"),
        "target": record.target,
    }
    told = BuildHistoryRecord(
        ref=record.id,
        frontend="dockerfile.v0",
        frontend_attrs={name: text for name, text in attributes.items() if text},
        created_at=moment(record.started),
        error=_error(record),
        num_cached_steps=sum(each.outcome == "kept" for each in record.vertices),
        num_total_steps=len(record.vertices),
        num_completed_steps=sum(each.outcome in ("kept", "ran") for each in record.vertices),
    )
    if record.outcome != "running":
        told.completed_at.CopyFrom(moment(record.started + record.seconds))
    if record.image_id:
        told.exporter_response["containerimage.config.digest"] = record.image_id
    if record.references:
        told.exporter_response["image.name"] = ",".join(str(reference.parse(each)) for each in record.references)
    return told


def _error(record: BuildRecord) -> Status | None:
    match record.outcome:
        case "failed":
            return Status(code=UNKNOWN, message=past.why(record))
        case "killed":
            return Status(code=UNKNOWN, message="the build was killed")
        case "cancelled":
            return Status(code=CANCELLED, message=past.CANCELLED)
        case _:
            return None


METHOD = Method(BuildHistoryRequest, _handle)
