"""DiskUsage: what the build cache has on disk, as `GET /system/df` says it."""

from __future__ import annotations

import time

from onggi.api.buildkit.control import pieces
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import DiskUsageRequest, DiskUsageResponse


def _handle(asked: Asked, request: DiskUsageRequest) -> DiskUsageResponse:
    only = pieces.cache_filter(request.filter, request.age_limit, time.time())
    found = asked.hub.engine.system.cached()
    return DiskUsageResponse(record=[pieces.record(each) for each in found if only.takes(each)])


METHOD = Method(DiskUsageRequest, _handle)
