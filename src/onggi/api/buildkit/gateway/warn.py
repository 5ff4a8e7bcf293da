"""Warn: what a client has noticed itself, which is told with the rest."""

from __future__ import annotations

from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import StatusResponse, VertexWarning
from onggi.api.buildkit.wire.gateway_pb2 import WarnRequest, WarnResponse


def _handle(asked: Asked, request: WarnRequest) -> WarnResponse:
    warning = VertexWarning(
        vertex=request.digest,
        level=request.level,
        short=request.short,
        detail=request.detail,
        url=request.url,
        info=request.info if request.HasField("info") else None,
        ranges=request.ranges,
    )
    asked.find_job().progress.tell(StatusResponse(warnings=[warning]))
    return WarnResponse()


METHOD = Method(WarnRequest, _handle)
