"""Solve: make what the client's build is to become."""

from __future__ import annotations

from onggi.api.buildkit.frontend import build
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.gateway_pb2 import BridgeSolveRequest, BridgeSolveResponse, Ref, Result


def _handle(asked: Asked, request: BridgeSolveRequest) -> BridgeSolveResponse:
    job = asked.hub.jobs.get(asked.job)
    made = build.build(asked.hub, job, build.Solve.of_bridge(request))
    return BridgeSolveResponse(result=Result(ref=Ref(id=made.image_id)))


METHOD = Method(BridgeSolveRequest, _handle)
