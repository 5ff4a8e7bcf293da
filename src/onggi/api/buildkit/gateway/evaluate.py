"""Evaluate: have a result made, as all are here before they are told of."""

from __future__ import annotations

from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.gateway_pb2 import EvaluateRequest, EvaluateResponse


def _handle(asked: Asked, request: EvaluateRequest) -> EvaluateResponse:
    asked.find_job()
    return EvaluateResponse()


METHOD = Method(EvaluateRequest, _handle)
