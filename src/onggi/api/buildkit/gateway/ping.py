"""Ping: what can be asked for (moby/buildkit, frontend/gateway/pb/caps.go)."""

from __future__ import annotations

from collections.abc import Iterable

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
    "gateway.evaluate",
    "gateway.warnings",
    "frontend.caps",
    "frontend.inputs",
    "reference.output",
)
_OF_BUILDS = ("exporter.multiple", "gc.freespacefilter", "source.image", "constraints", "platform")
"""Of solver/pb/caps.go those that clients look for: before they send, or give back, a graph they were given, too."""


def _handle(asked: Asked, request: PingRequest) -> PongResponse:
    asked.find_job()
    return PongResponse(
        frontend_api_caps=_enabled(_CAPABILITIES), llb_caps=_enabled(_OF_BUILDS), workers=[worker.record()]
    )


def _enabled(names: Iterable[str]) -> list[APICap]:
    return [APICap(id=name, enabled=True) for name in names]


METHOD = Method(PingRequest, _handle)
