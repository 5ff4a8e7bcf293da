"""A line for each request: who, what, how it went."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

from onggi.api.connections import client

LOG = logging.getLogger("onggi.api")
SERVER_LOG = logging.getLogger("onggi.api.server")
"""For mistakes of this program."""
HTTP_LOG = logging.getLogger("onggi.api.http")
"""aiohttp's. That a client spoke no HTTP or was given up is no mistake of ours, and no cause for a traceback."""
_OF_CLIENTS = (HttpProcessingError, ConnectionError, TimeoutError)
HTTP_LOG.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], _OF_CLIENTS)))
_NO_HTTP = "UNKNOWN"
"""The method, to aiohttp, of what it could not read."""


class AccessLog(AbstractAccessLogger):
    """`uid=0 pid=812 "POST /v1.51/containers/create?name=web" 201 88 bytes 0.012 s "Docker-Client/28.2.2"`. What a
    client says of itself is quoted, so that it makes no lines of its own."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        if request.method == _NO_HTTP:
            return
        self.logger.info(
            '%s "%s %s" %d %d bytes %.3f s %s',
            client(request),
            request.method,
            ascii(request.path_qs)[1:-1],
            response.status,
            response.body_length,
            time,
            ascii(request.headers.get("User-Agent", "-")),
        )
