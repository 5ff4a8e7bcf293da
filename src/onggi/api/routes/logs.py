"""`/containers/{name}/logs`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from aiohttp import web

from onggi.api import hijack, streaming
from onggi.api.access_log import SERVER_LOG
from onggi.api.call import Call
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.streaming import Outlet
from onggi.engine.container.log_lines import shown
from onggi.linux import frames

_PIECE = 64 * 1024
_COUNT = re.compile(r"[0-9]{1,18}")
"""Of lines; all else is all of them, as in Docker."""
_STREAMS: Mapping[str, int] = {"stdout": frames.STDOUT, "stderr": frames.STDERR}


class LogsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """since, until: seconds since the epoch; 0 is none. tail: how many lines, or all."""

    follow: bool = False
    stdout: bool = False
    stderr: bool = False
    since: float | None = None
    until: float | None = None
    timestamps: bool = False
    tail: str = "all"
    details: bool = False


async def logs(call: Call[LogsQuery, None]) -> web.StreamResponse:
    """What a container has written, and with `follow` what comes, until it ends."""
    query = call.query
    if not (query.stdout or query.stderr):
        raise Refusal(400, "Bad parameters: you must choose at least one stream")
    return await streaming.answer(call.request, lambda outlet: _logs(call, outlet))


def _logs(call: Call[LogsQuery, None], outlet: Outlet) -> None:
    query, containers = call.query, call.engine.containers
    found = containers.find(call.path["name"])
    wanted = {name for name in _STREAMS if getattr(query, name)}
    show = shown(query.timestamps, containers.log_attributes(found.id) if query.details else None)
    pieces = _Pieces(outlet)
    records = containers.logs(
        found.id,
        follow=query.follow,
        since=query.since or None,
        until=query.until or None,
        tail=int(query.tail) if _COUNT.fullmatch(query.tail) else None,
        joined=not query.timestamps,
        warn=lambda sentence: SERVER_LOG.warning("container %s: %s", found.id, sentence),
        is_wanted=pieces.flush,
    )
    outlet.begin({"Content-Type": hijack.content_type(call.version, found.terminal)})
    for record in records:
        if record.stream in wanted:
            pieces.add(show(record), None if found.terminal else _STREAMS[record.stream])
    pieces.flush()


class _Pieces:
    """What goes out together."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._data = bytearray()

    def add(self, data: bytes, stream: int | None) -> None:
        if stream is not None:
            self._data += frames.HEADER.pack(stream, len(data))
        self._data += data
        if len(self._data) >= _PIECE:
            self.flush()

    def flush(self) -> bool:
        """Send what there is; whether more is wanted, which it is. Raises Gone."""
        self._outlet.require_client()
        if self._data:
            self._outlet.send(bytes(self._data))
            self._data.clear()
        return True


ROUTES = (Route(method="GET", path="/containers/{name}/logs", handler=logs, query=LogsQuery, kind="following"),)
