"""UpdateBuildHistory: forget a build's record."""

from __future__ import annotations

from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import UpdateBuildHistoryRequest, UpdateBuildHistoryResponse
from onggi.errors import Unsupported


def _handle(asked: Asked, request: UpdateBuildHistoryRequest) -> UpdateBuildHistoryResponse:
    """A record that is finished is finished at once, so `finalize` asks for nothing more."""
    if request.pinned:
        raise Unsupported(
            "a build's record cannot be pinned", hint="`onggi builds prune --filter until=…` spares new ones"
        )
    builds = asked.hub.engine.builds
    record = builds.get(request.ref)
    if request.delete:
        builds.remove(record.id)
    return UpdateBuildHistoryResponse()


METHOD = Method(UpdateBuildHistoryRequest, _handle)
