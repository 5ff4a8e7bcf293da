"""What the handlers of all requests share."""

from __future__ import annotations

from pathlib import Path

import msgspec
from aiohttp import web

from onggi.registry_server.passwords import Passwords
from onggi.registry_server.running import Uploads
from onggi.registry_server.under_way import UnderWay
from onggi.store.served.contents import Served


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve. port 0: any that is free. tls: certificate and key in PEM. passwords: None lets everybody in.
    largest_blob: in bytes. patience: seconds without a byte of a body, either way, after which its client is given up.
    tidy_seconds: between two times that what clients abandoned and deleted is given back. logs_requests: a line for
    each one to the logger `onggi.registry`."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: tuple[Path, Path] | None = None
    passwords: Passwords | None = None
    is_read_only: bool = False
    may_delete: bool = True
    largest_blob: int = 100 * 10**9
    patience: float = 60.0
    tidy_seconds: float = 300.0
    logs_requests: bool = False


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """`served` is the store's part; its methods wait for the disk, so they are called in threads."""

    served: Served
    uploads: Uploads
    under_way: UnderWay
    options: Options


CONTEXT = web.AppKey("context", Context)
