"""One HTTP request at a time, its errors sorted into those worth another attempt and the rest.

It imports urllib3, which is as dear as a cached build, so it is itself imported only when something is fetched.
"""

from __future__ import annotations

import functools
import http.client
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3 import connection, exceptions

from onggi.errors import Invalid, Unauthorized, Unsupported
from onggi.fetch.attempts import GivenUp, Temporary
from onggi.fetch.host import is_loopback
from onggi.fetch.network import PACE, Network
from onggi.fetch.proxy import proxy_of
from onggi.fetch.tls import NOT_TLS, Tls
from onggi.fetch.url import basic_authorization, redacted, server, without_credentials
from onggi.solve.ports import Abandoned, Cancel

_CHUNK = 1 << 18
_CONNECTIONS = 8  # kept to one server
_LONGEST_CAUSE = 200  # characters of what a server may put into a message


class NotTls(Temporary):
    """The server speaks no TLS at this port."""


class Response:
    """An answer whose body has not been read."""

    def __init__(
        self, url: SplitResult, response: urllib3.BaseHTTPResponse, cancel: Cancel, silence_seconds: float
    ) -> None:
        self.url = url
        self.status = response.status
        self._response = response
        self._cancel = cancel
        self._silence = silence_seconds

    @property
    def headers(self) -> Mapping[str, str]:
        """Names as they came; of several lines of one name the values are joined."""
        return self._response.headers

    def header(self, name: str) -> str:
        return self._response.headers.get(name, "")

    def chunks(self) -> Iterator[bytes]:
        """The body as it was sent, as it arrives: what is compressed stays so. Raises Temporary when it ends early, or
        comes too slowly to be waited for."""
        with _translated(self.url, self._cancel):
            began, size = time.monotonic(), 0
            while chunk := self._response.read1(_CHUNK, decode_content=False):
                yield chunk
                size += len(chunk)
                if (passed := time.monotonic() - began) > self._silence:
                    if size < passed * PACE:
                        raise Temporary(f"{server(self.url)} sends too slowly: {size} bytes in {passed:.0f} s")
                    began, size = time.monotonic(), 0

    def close(self) -> None:
        """To be called when nothing more is read; a connection of which all was read is used again."""
        self._response.close()


def retry_after(response: Response) -> float:
    """For how many seconds the server asks to be left alone; 0 where it says nothing."""
    seconds = response.header("Retry-After")
    return float(seconds) if seconds.isdecimal() else 0


class Transport:
    """The connections of one fetch, or of several threads; setting `cancel` ends whatever waits on them. `tls_of`: what
    holds for a host and port, where that is not the same for all."""

    def __init__(self, network: Network, cancel: Cancel, tls_of: Callable[[str], Tls] | None = None) -> None:
        self._network = network
        self._cancel = cancel
        self._tls_of = tls_of or (lambda host: Tls(bundle=network.certificates))
        self._managers: dict[tuple[str, str, Tls | None], urllib3.PoolManager] = {}
        self._lock = threading.Lock()
        self._live: weakref.WeakSet[_Watched] = weakref.WeakSet()
        self._forget = cancel.add(self._abort)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *error: object) -> None:
        self._forget()
        for manager in self._managers.values():
            manager.clear()

    def get(self, url: SplitResult, headers: Mapping[str, str]) -> Response:
        """Asks once, follows no redirect. Raises Temporary, GivenUp for a certificate, Abandoned."""
        return self.send("GET", url, headers)

    def send(
        self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None = None
    ) -> Response:
        """As `get`, for any method. A body of pieces goes out in chunks, unless `headers` has its length."""
        address = without_credentials(url)
        headers = {"User-Agent": self._network.agent, "Accept-Encoding": "identity", **headers}
        with _translated(url, self._cancel):
            manager = self._manager(url)
            # The pool of this server: what it connects with is ours, so that a wait can be ended.
            pool = manager.connection_from_url(address)
            watched = _WatchedTls if isinstance(pool, urllib3.HTTPSConnectionPool) else _Watched
            made = functools.partial(watched, self._connected, self._network.silence_seconds)
            pool.ConnectionCls = made  # type: ignore[assignment]
            response = manager.urlopen(
                method, address, body=body, headers=headers, redirect=False, retries=False, preload_content=False
            )
        return Response(url, response, self._cancel, self._network.silence_seconds)

    def _manager(self, url: SplitResult) -> urllib3.PoolManager:
        proxy = proxy_of(url, self._network.proxies)
        tls = self._tls_of(url.netloc.rpartition("@")[2]) if url.scheme == "https" else None
        key = (url.scheme, proxy, tls)
        with self._lock:
            if key not in self._managers:
                self._managers[key] = self._new_manager(proxy, tls)
            return self._managers[key]

    def _new_manager(self, proxy: str, tls: Tls | None) -> urllib3.PoolManager:
        options: dict[str, Any] = {
            "timeout": urllib3.Timeout(connect=self._network.connect_seconds, read=self._network.silence_seconds),
            "maxsize": _CONNECTIONS,
        }
        if tls is not None:
            options["ssl_context"] = tls.context()
        if not proxy:
            return urllib3.PoolManager(**options)
        parts = urlsplit(proxy)
        if parts.scheme not in ("http", "https"):
            raise Unsupported(
                f"a proxy by {parts.scheme} is not supported: {redacted(proxy)}", hint="use an HTTP proxy"
            )
        if parts.scheme == "https":
            options["proxy_ssl_context"] = Tls(bundle=self._network.certificates).context()
        authorization = basic_authorization(parts)
        headers = {"Proxy-Authorization": authorization} if authorization else {}
        return urllib3.ProxyManager(without_credentials(parts), proxy_headers=headers, **options)

    def _connected(self, watched: _Watched) -> None:
        self._live.add(watched)
        if self._cancel.is_set:
            raise Abandoned

    def _abort(self) -> None:
        for watched in list(self._live):
            watched.end()


class _Watched(connection.HTTPConnection):
    """A connection that can be ended by another thread; `connected` is told when there is one. The head of an answer
    has `seconds` to come: it is short, and one that comes byte by byte would be waited for as long as it likes."""

    _wire: socket.socket | None = None

    def __init__(self, connected: Callable[[_Watched], None], seconds: float, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connected = connected
        self._seconds = seconds

    def connect(self) -> None:
        super().connect()
        self._wire = self.sock
        self._connected(self)

    def send(self, data: Any) -> None:
        try:
            super().send(data)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            # Without TLS it is this, and then urllib3 looks for what the server has said before it hung up.
            raise BrokenPipeError from error

    def getresponse(self) -> urllib3.response.HTTPResponse:  # type: ignore[override]
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            self.end()

        timer = threading.Timer(self._seconds, give_up)
        timer.start()
        try:
            response = super().getresponse()
        except (OSError, http.client.HTTPException) as error:
            if not is_late.is_set():
                raise
            raise TimeoutError from error
        finally:
            timer.cancel()
        if is_late.is_set():  # where a head just ends, it is taken as it is
            raise TimeoutError
        return response

    def end(self) -> None:
        if self._wire is None:
            return
        try:
            # Not SSLSocket's own, which takes the TLS state away from under the thread that reads.
            socket.socket.shutdown(self._wire, socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended by itself


class _WatchedTls(_Watched, connection.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.is_verified = True  # or it is as was asked for, and urllib3 would warn of that at each request


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
    bottom, host = _bottom(error), server(url)
    if isinstance(error, exceptions.ProxyError):
        return Temporary(f"the proxy does not let us through: {redacted(_cause(bottom))}")
    if isinstance(bottom, ssl.SSLCertVerificationError):
        words, hint = _VERDICTS.get(bottom.verify_code, _UNTRUSTED)
        return GivenUp(f"{host} has a certificate that {words}", hint=hint)
    if isinstance(error, exceptions.SSLError) and any(words in str(error) for words in _NOT_SHOWN):
        return Unauthorized(
            f"{host} wants to be shown a certificate that it accepts",
            hint="client-cert and client-key of registries.toml, or certs.d, name one for a registry",
        )
    if isinstance(error, exceptions.SSLError) and any(words in str(error) for words in NOT_TLS):
        return NotTls(f"{host} speaks no TLS", most=1, hint=_PLAIN)
    if isinstance(error, exceptions.LocationValueError | exceptions.InvalidHeader):
        return Invalid(f"{host} cannot be asked: {_cause(error)}")
    if isinstance(bottom, socket.gaierror) and bottom.errno in _NO_NAME:
        return Temporary(f"{url.hostname} is no known host name", most=1, hint="is it spelt as it should be?")
    if isinstance(bottom, ConnectionRefusedError) and is_loopback(url.hostname or ""):
        return Temporary(f"{host} does not take connections", most=2, hint="is a server running there, at that port?")
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return Temporary(f"{host} {words}")
    return Temporary(f"the connection to {host} broke: {_cause(bottom)}")


# A server's alerts after it has looked at the certificate of its client, or missed one.
_NOT_SHOWN = ("ALERT_BAD_CERTIFICATE", "CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA", "ALERT_CERTIFICATE_UNKNOWN")
_NO_NAME = (socket.EAI_NONAME, socket.EAI_NODATA)
"""The resolver's final answers; its others are that it could not find out."""
_PLAIN = "without TLS a URL begins with http://, and a registry is named as plain in registries.toml"
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.NameResolutionError, "cannot be looked up now: no name server answers"),
    (exceptions.NewConnectionError, "does not take connections"),
    (exceptions.ConnectTimeoutError, "does not answer"),
    (exceptions.ReadTimeoutError, "has gone silent"),
    (exceptions.IncompleteRead, "ended before all had arrived"),
)
_TRUST = "for a registry, `ca` in registries.toml or certs.d names its CA's file; for all, SSL_CERT_FILE names a bundle"
_UNTRUSTED = ("this host does not trust", _TRUST)
_OTHER_NAME = ("is for another name", "ask for it by a name or address that its certificate has; no CA helps here")
_CLOCK = "is this host's clock right? Else the server needs a new one"
# By OpenSSL's codes (X509_V_ERR_…).
_VERDICTS: Mapping[int, tuple[str, str]] = {
    9: ("is not valid yet", _CLOCK),
    10: ("has expired", _CLOCK),
    18: ("this host does not trust: nobody but itself has signed it", _TRUST),
    19: ("this host does not trust: its CA is not known here", _TRUST),
    20: ("this host does not trust: its CA is not known here", _TRUST),
    21: ("this host does not trust: its CA is not known here", _TRUST),
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}


def _bottom(error: BaseException) -> BaseException:
    """What urllib3's error was made of: the system's, OpenSSL's or http.client's own."""
    while True:
        within = [each for each in error.args if isinstance(each, Exception)]
        cause = within[-1] if within else error.__cause__
        if cause is None:
            return error
        error = cause


def _cause(error: BaseException) -> str:
    """What has happened to a connection, in words; a server may have had its say in it."""
    if isinstance(error, http.client.IncompleteRead):
        return "its chunks ended too early, or make no sense"
    if isinstance(error, http.client.RemoteDisconnected | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "it was closed before all was said"
    if isinstance(error, http.client.BadStatusLine):
        return f"it spoke no HTTP but {_printable(str(error))}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed, {(error.reason or 'for no known reason').replace('_', ' ').lower()}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return _printable(str(error))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:_LONGEST_CAUSE]).strip()
