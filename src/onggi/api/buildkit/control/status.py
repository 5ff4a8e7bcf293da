"""Status: how a solve goes on, from its beginning to its end; or what is recorded of a build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.api.buildkit.progress import past
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.wire.control_pb2 import StatusRequest, StatusResponse

_RECORD = re.compile(r"[0-9a-f]{12}")
"""A build's own ID, by which list_build_history.py calls it; clients' names are longer."""
_LISTS = "/moby.buildkit.v1.Control/ListenBuildHistory"
"""Who may not have builds listed may not read one of them either: it may be anybody's."""


def _handle(asked: Asked, request: StatusRequest) -> Iterator[StatusResponse]:
    if _RECORD.fullmatch(request.ref):
        asked.hub.permission.require(_LISTS)
        builds = asked.hub.engine.builds
        return past.of_record(builds, builds.get(request.ref))
    progress = asked.hub.jobs.progress(request.ref)
    asked.stream.when_ended(progress.look)
    return progress.follow(asked.stream.has_ended.is_set)


METHOD = Method(StatusRequest, _handle)
