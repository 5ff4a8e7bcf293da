"""Status: how a solve goes on, from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import StatusRequest, StatusResponse


def _handle(asked: Asked, request: StatusRequest) -> Iterator[StatusResponse]:
    return asked.hub.jobs.get(request.ref).progress.follow()


METHOD = Method(StatusRequest, _handle)
