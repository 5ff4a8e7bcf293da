"""A registry in a thread of its own, from the beginning of a `with` block to its end.

with Server(Path("/srv/registry")) as server:
    print(server.address)  # 127.0.0.1:40123
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from onggi.errors import Invalid, OnggiError, Unavailable
from onggi.registry_server.access_log import LOG, SERVER_LOG, AccessLog
from onggi.registry_server.application import application
from onggi.registry_server.room import Options, Room
from onggi.registry_server.running import Uploads
from onggi.registry_server.under_way import UnderWay
from onggi.store import gc
from onggi.store.store import Store

GRACE = 5.0
"""Seconds that bodies have to come in when the server ends, and then answers to go out."""
_IDLE_SECONDS = 75.0
"""After which a connection without a request is closed, also one that never had any."""
_LINGERING_SECONDS = 2.0
"""For which the rest of a body that was refused is read and forgotten, so that its client gets to read why."""
_PIECE = 1 << 17
"""Bytes of a body that may wait for the disk, for each client; the next ones come as far as twice that."""


class Server:
    """Serves the store at `root`, which is made if it is not there."""

    def __init__(self, root: Path, options: Options | None = None) -> None:
        self._root, self._options = root, options or Options()
        self._thread = threading.Thread(target=self._run, name="registry")
        self._started: Future[tuple[str, int]] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    @property
    def address(self) -> str:
        """`host:port` where it listens."""
        host, port = self._started.result()
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def __enter__(self) -> Self:
        """Raises Unavailable where it cannot listen, Invalid for a certificate that cannot be used."""
        self._thread.start()
        try:
            self._started.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nobody comes in any more; what is under way has `GRACE` to end."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            with Store(self._root) as store:
                store.disk.reap()  # the uploads of one that was killed
                uploads = Uploads(time.monotonic)
                try:
                    asyncio.run(self._serve(store, uploads))
                finally:
                    uploads.end_all()  # now that no thread writes to one any more
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self, store: Store, uploads: Uploads) -> None:
        self._loop = asyncio.get_running_loop()
        room = Room(served=store.served, uploads=uploads, under_way=UnderWay(), options=self._options)
        runner = web.AppRunner(
            application(room),
            access_log=LOG if self._options.log else None,
            access_log_class=AccessLog,
            logger=SERVER_LOG,
            shutdown_timeout=GRACE,
            keepalive_timeout=_IDLE_SECONDS,
            read_bufsize=_PIECE,
            lingering_time=_LINGERING_SECONDS,
            auto_decompress=False,  # a blob is the bytes that come, whatever is said of them
        )
        await runner.setup()
        try:
            await _listen(runner, self._options)
            tidying = asyncio.create_task(_tidy(store, uploads, self._options.tidy_seconds))
            host, port, *_ = runner.addresses[0]
            self._started.set_result((host, port))
            await self._end.wait()
            tidying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await tidying
            for site in list(runner.sites):
                await site.stop()
            await room.under_way.wait(GRACE)  # the clean-up lets no more bytes of bodies in
        finally:
            await runner.cleanup()


async def _listen(runner: web.AppRunner, options: Options) -> None:
    tls = None if options.tls is None else _tls(*options.tls)
    try:
        await web.TCPSite(runner, options.host, options.port, ssl_context=tls).start()
    except OSError as error:
        raise Unavailable(
            f"cannot listen on {options.host}:{options.port}: {error.strerror or error}",
            hint="choose another address with --listen; port 0 is any that is free",
        ) from error


def _tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise Invalid(f"the certificate {certificate} with the key {key} cannot be used: {error}") from error
    return context


async def _tidy(store: Store, uploads: Uploads, seconds: float) -> None:
    """Now and then give back what clients abandoned and deleted."""
    while True:
        await asyncio.sleep(seconds)
        uploads.end_abandoned()
        try:
            await asyncio.to_thread(gc.collect, store)
        except OnggiError as error:  # a full disk, for one; it is tried again
            LOG.warning("%s", error)
