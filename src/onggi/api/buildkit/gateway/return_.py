"""Return: the client is done with its part."""

from __future__ import annotations

from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.gateway_pb2 import ReturnRequest, ReturnResponse


def _handle(asked: Asked, request: ReturnRequest) -> ReturnResponse:
    asked.find_job().give(request)
    return ReturnResponse()


METHOD = Method(ReturnRequest, _handle)
