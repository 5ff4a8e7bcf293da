"""One HTTP request at a time, its errors sorted into those worth another attempt and the rest.

It imports urllib3, which is as dear as a cached build, so it is itself imported only when something is fetched.
"""

from __future__ import annotations

import functools
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3 import connection, exceptions

from onggi.errors import Invalid, Unavailable, Unsupported
from onggi.fetch.attempts import Temporary
from onggi.fetch.network import Network
from onggi.fetch.proxy import proxy_of
from onggi.fetch.url import basic_authorization, redacted, without_credentials
from onggi.solve.ports import Abandoned, Cancel

_CHUNK = 1 << 18


class Response:
    """An answer whose body has not been read."""

    def __init__(self, url: SplitResult, response: urllib3.BaseHTTPResponse, cancel: Cancel) -> None:
        self.url = url
        self.status = response.status
        self._response = response
        self._cancel = cancel

    def header(self, name: str) -> str:
        return self._response.headers.get(name, "")

    def chunks(self) -> Iterator[bytes]:
        """The body as it was sent: what is compressed stays so. Raises Temporary when it ends early."""
        with _translated(self.url, self._cancel):
            yield from self._response.stream(_CHUNK, decode_content=False)

    def close(self) -> None:
        self._response.close()


class Transport:
    """The connections of one fetch; setting `cancel` ends whatever waits on them."""

    def __init__(self, network: Network, cancel: Cancel) -> None:
        self._network = network
        self._cancel = cancel
        self._managers: dict[tuple[str, str], urllib3.PoolManager] = {}
        self._live: list[_Watched] = []
        self._forget = cancel.add(self._abort)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *error: object) -> None:
        self._forget()
        for manager in self._managers.values():
            manager.clear()

    def get(self, url: SplitResult, headers: Mapping[str, str]) -> Response:
        """Asks once, follows no redirect. Raises Temporary, Unavailable, Abandoned."""
        address = without_credentials(url)
        headers = {"User-Agent": self._network.agent, "Accept-Encoding": "identity", **headers}
        with _translated(url, self._cancel):
            manager = self._manager(url.scheme, proxy_of(url, self._network.proxies))
            # The pool of this server: what it connects with is ours, so that a wait can be ended.
            pool = manager.connection_from_url(address)
            watched = _WatchedTls if isinstance(pool, urllib3.HTTPSConnectionPool) else _Watched
            pool.ConnectionCls = functools.partial(watched, self._connected)  # type: ignore[assignment]
            response = manager.urlopen(
                "GET", address, headers=headers, redirect=False, retries=False, preload_content=False
            )
        return Response(url, response, self._cancel)

    def _manager(self, scheme: str, proxy: str) -> urllib3.PoolManager:
        if (scheme, proxy) not in self._managers:
            self._managers[scheme, proxy] = self._new_manager(scheme, proxy)
        return self._managers[scheme, proxy]

    def _new_manager(self, scheme: str, proxy: str) -> urllib3.PoolManager:
        options: dict[str, Any] = {
            "timeout": urllib3.Timeout(connect=self._network.connect_seconds, read=self._network.silence_seconds)
        }
        if scheme == "https":
            options["ssl_context"] = _tls(self._network.certificates)
        if not proxy:
            return urllib3.PoolManager(**options)
        parts = urlsplit(proxy)
        if parts.scheme not in ("http", "https"):
            raise Unsupported(
                f"a proxy by {parts.scheme} is not supported: {redacted(proxy)}", hint="use an HTTP proxy"
            )
        if parts.scheme == "https":
            options["proxy_ssl_context"] = _tls(self._network.certificates)
        authorization = basic_authorization(parts)
        headers = {"Proxy-Authorization": authorization} if authorization else {}
        return urllib3.ProxyManager(without_credentials(parts), proxy_headers=headers, **options)

    def _connected(self, watched: _Watched) -> None:
        self._live.append(watched)
        if self._cancel.is_set:
            raise Abandoned

    def _abort(self) -> None:
        for watched in list(self._live):
            watched.end()


class _Watched(connection.HTTPConnection):
    """A connection that can be ended by another thread; `connected` is told when there is one."""

    _wire: socket.socket | None = None

    def __init__(self, connected: Callable[[_Watched], None], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connected = connected

    def connect(self) -> None:
        super().connect()
        self._wire = self.sock
        self._connected(self)

    def end(self) -> None:
        if self._wire is None:
            return
        try:
            # Not SSLSocket's own, which takes the TLS state away from under the thread that reads.
            socket.socket.shutdown(self._wire, socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended by itself


class _WatchedTls(_Watched, connection.HTTPSConnection):
    pass


@contextmanager
def _translated(url: SplitResult, cancel: Cancel) -> Iterator[None]:
    """Turns urllib3's errors into ours, and any into Abandoned once the fetch is cancelled."""
    if cancel.is_set:
        raise Abandoned
    try:
        yield
    except (exceptions.HTTPError, OSError) as error:
        if cancel.is_set:
            raise Abandoned from error
        raise _meaning(error, url) from error


def _meaning(error: Exception, url: SplitResult) -> Exception:
    if isinstance(error, exceptions.ProxyError):
        return Temporary(f"the proxy does not let us through: {redacted(str(error.original_error))}")
    if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Unavailable(
            f"{url.hostname} has a certificate that this host does not trust: {_verdict(error)}",
            hint="SSL_CERT_FILE names a bundle of certificates to trust",
        )
    if isinstance(error, exceptions.LocationValueError | exceptions.InvalidHeader):
        return Invalid(f"{url.hostname} cannot be asked: {error}")
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return Temporary(f"{url.hostname} {words}")
    return Temporary(f"the connection to {url.hostname} broke: {_cause(error)}")


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.NameResolutionError, "is no known host name"),
    (exceptions.NewConnectionError, "does not take connections"),
    (exceptions.ConnectTimeoutError, "does not answer"),
    (exceptions.ReadTimeoutError, "has gone silent"),
    (exceptions.IncompleteRead, "ended before all had arrived"),
)


def _verdict(error: Exception) -> str:
    return str(error).partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or str(error)


def _cause(error: BaseException) -> str:
    """What is at the bottom of it: urllib3 wraps the system's errors."""
    while len(error.args) > 1 and isinstance(error.args[1], Exception):
        error = error.args[1]
    return str(error)


@functools.lru_cache(maxsize=2)  # to read the host's certificates takes longer than a request
def _tls(certificates: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates)
