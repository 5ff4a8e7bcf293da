"""Ping: what can be asked for (moby/buildkit, frontend/gateway/pb/caps.go)."""

from __future__ import annotations

from onggi.api.buildkit import worker
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.gateway_pb2 import APICap, PingRequest, PongResponse

_CAPABILITIES = (
    "solve.base",
    "return",
    "returnmap",
    "importcaches",
    "proto.refarray",
    "gateway.solve.metadata",
    "gateway.solve.evaluate",
    "frontend.caps",
)


def _handle(asked: Asked, request: PingRequest) -> PongResponse:
    asked.hub.jobs.get(asked.job)
    known = [APICap(id=name, enabled=True) for name in _CAPABILITIES]
    return PongResponse(frontend_api_caps=known, workers=[worker.record()])


METHOD = Method(PingRequest, _handle)
