"""A registry, from the beginning of a `with` block to its end.

with Server(Path("/srv/registry")) as server:
    print(server.address)  # 127.0.0.1:40123
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from onggi.errors import Invalid, OnggiError, Unavailable
from onggi.registry_server.access_log import LOG, SERVER_LOG, AccessLog
from onggi.registry_server.application import application
from onggi.registry_server.context import Context, Options
from onggi.registry_server.running import Uploads
from onggi.registry_server.under_way import UnderWay
from onggi.serving import GRACE, RUNNER_OPTIONS, Serving, beside, close_doors
from onggi.store import gc
from onggi.store.store import Store


class Server(Serving):
    """Serves the store at `root`, which is made if it is not there. Raises Unavailable where it cannot listen, Invalid
    for a certificate that cannot be used. `on_failure`: see Serving."""

    def __init__(
        self, root: Path, options: Options | None = None, on_failure: Callable[[], object] = lambda: None
    ) -> None:
        super().__init__("registry", on_failure)
        self._root, self._options = root, options or Options()
        self._place = ("", 0)

    @property
    def address(self) -> str:
        """`host:port` where it listens."""
        host, port = self._place
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _run(self) -> None:
        with Store(self._root) as store:
            store.disk.reap()  # the uploads of one that was killed
            uploads = Uploads(time.monotonic)
            try:
                asyncio.run(self._serve(store, uploads))
            finally:
                uploads.end_all()  # now that no thread writes to one any more

    async def _serve(self, store: Store, uploads: Uploads) -> None:
        context = Context(served=store.served, uploads=uploads, under_way=UnderWay(), options=self._options)
        runner = web.AppRunner(
            application(context),
            access_log=LOG if self._options.logs_requests else None,
            access_log_class=AccessLog,
            logger=SERVER_LOG,
            **RUNNER_OPTIONS,
        )
        await runner.setup()
        try:
            await _listen(runner, self._options)
            host, port, *_ = runner.addresses[0]
            self._place = (host, port)
            async with beside(_tidy(store, uploads, self._options.tidy_seconds)):
                await self._until_end()
            await close_doors(runner)
            await context.under_way.wait(GRACE)
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
