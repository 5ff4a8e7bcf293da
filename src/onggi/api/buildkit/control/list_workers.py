"""ListWorkers: who builds, and for which platforms."""

from __future__ import annotations

from onggi.api.buildkit import worker
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import ListWorkersRequest, ListWorkersResponse


def _handle(asked: Asked, request: ListWorkersRequest) -> ListWorkersResponse:
    return ListWorkersResponse(record=[worker.record()])


METHOD = Method(ListWorkersRequest, _handle)
