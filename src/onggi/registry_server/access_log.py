"""A line for each request: who, what, how it went."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

from onggi.registry_server.application import USER
from onggi.registry_server.sent_file import SentFile

LOG = logging.getLogger("onggi.registry")
SERVER_LOG = logging.getLogger("onggi.registry.server")
"""For mistakes of this program. That a client spoke no HTTP or was given up is none, and no cause for a traceback."""
_OF_CLIENTS = (HttpProcessingError, ConnectionError, TimeoutError)
SERVER_LOG.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], _OF_CLIENTS)))
_NO_HTTP = "UNKNOWN"
"""The method, to aiohttp, of what it could not read: TLS where there is none, for one, which clients try first."""


class AccessLog(AbstractAccessLogger):
    """`127.0.0.1 alice "PUT /v2/team/api/manifests/1" 201 0 bytes 0.012 s "skopeo/1.9"`; the bytes are the answer's,
    with its head. What a client says of itself is quoted, so that it makes no lines of its own."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        if request.method == _NO_HTTP:
            return
        self.logger.info(
            '%s %s "%s %s" %d %d bytes %.3f s %s',
            request.remote or "-",
            request.get(USER, "-"),
            request.method,
            ascii(request.path_qs)[1:-1],
            response.status,
            response.body_length + (response.sent if isinstance(response, SentFile) else 0),
            time,
            ascii(request.headers.get("User-Agent", "-")),
        )
