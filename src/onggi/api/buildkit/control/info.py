"""Info: which BuildKit this is like."""

from __future__ import annotations

from onggi.api.buildkit import worker
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import InfoRequest, InfoResponse


def _handle(asked: Asked, request: InfoRequest) -> InfoResponse:
    return InfoResponse(buildkit_version=worker.VERSION)


METHOD = Method(InfoRequest, _handle)
