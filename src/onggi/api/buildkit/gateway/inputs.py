"""Inputs: what the client has given its solve to begin with."""

from __future__ import annotations

from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.gateway_pb2 import InputsRequest, InputsResponse


def _handle(asked: Asked, request: InputsRequest) -> InputsResponse:
    return InputsResponse(definitions=asked.find_job().request.frontend_inputs)


METHOD = Method(InputsRequest, _handle)
