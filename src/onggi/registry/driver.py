"""The loop that runs conversations: sockets, attempts, redirects and credentials are here and nowhere else. It imports
urllib3: to be imported when a registry is talked to."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from msgspec.structs import replace

from onggi.errors import Corrupt, Denied, OnggiError, Unavailable
from onggi.fetch.attempts import Temporary, persist
from onggi.fetch.host import is_loopback, without_port
from onggi.fetch.network import Network
from onggi.fetch.status import MOST_REDIRECTS, REDIRECTS, TEMPORARY
from onggi.fetch.tls import is_spoken
from onggi.fetch.transport import NotTls, Response, Transport, retry_after
from onggi.fetch.url import join, may_share_credentials, port, redacted, server, split
from onggi.registry.auth import Tokens, authorized
from onggi.registry.flow import Answer, Body, Command, Conversation, Interrupted, Request, WantLogin
from onggi.registry.logins.login import Logins
from onggi.registry.place import Place
from onggi.registry.refusals import is_full, said
from onggi.solve.ports import Abandoned, Cancel

if TYPE_CHECKING:
    from onggi.fetch.tls import Tls

T = TypeVar("T")
C = TypeVar("C", Request, Command)

_LONGEST_REFUSAL = 64 << 10  # bytes of an error's body that are read
_MIRROR_ATTEMPTS = 2
_NAMED = re.compile("/v2/(.+)/(?:manifests|blobs)/([^/]+)")
_UPLOADS = re.compile("/v2/(.+)/blobs/uploads/.*")


class Driver:
    """Runs flows, of several threads at once; a `with` block closes its connections. `tls_of`: what holds for a
    host."""

    def __init__(self, network: Network, logins: Logins, tls_of: Callable[[str], Tls], cancel: Cancel) -> None:
        self.network = network
        self.cancel = cancel
        self._logins = logins
        self._transport = Transport(network, cancel, tls_of)
        self._tokens = Tokens()
        self._schemes: dict[str, str] = {}

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *error: object) -> None:
        self._transport.__exit__(*error)

    def run(self, conversation: Conversation[T]) -> T:
        """What it returns. Raises what it raises; what goes wrong on the way is thrown into it first."""
        return _drive(conversation, lambda request: _drive(authorized(request, self._tokens), self._command))

    def run_alone(self, conversation: Conversation[T]) -> T:
        """As `run`, with no credentials but those that the conversation brings itself."""
        return _drive(conversation, self._ask)

    def _command(self, command: Request | WantLogin) -> object:
        if isinstance(command, WantLogin):
            return self._logins.get(command.account)
        return self._ask(command)

    def _ask(self, request: Request) -> Answer:
        what = _name(request)
        if not request.is_repeatable:
            try:
                return self._send(request)
            except Temporary as error:
                raise Interrupted(f"{what} was broken off: {error}", error) from error
        network = self.network
        if request.place.is_mirror:  # there is another to ask
            network = replace(network, attempts=min(network.attempts, _MIRROR_ATTEMPTS))
        return persist(lambda: self._send(request), lambda: 0, what, network, self.cancel, _verb(request))

    def _send(self, request: Request) -> Answer:
        """One attempt, redirects followed. Raises Temporary also for an answer whose status may pass."""
        response = self._follow(request)
        try:
            if request.is_streamed and response.status in (200, 206):
                return _answer(response, chunks=response.chunks(), close=response.close)
            body = self._read(response, request)
            answer = _answer(response, body=body)
            if answer.status in TEMPORARY and not is_full(answer):
                words = said(answer).removeprefix("it ")
                raise Temporary(f"{server(response.url)} {words}", retry_after(response))
        except BaseException:
            response.close()
            raise
        response.close()
        return answer

    def _follow(self, request: Request) -> Response:
        response = self._once(request, request.target, request.headers)
        first = response.url
        for _ in range(MOST_REDIRECTS):
            location = response.header("Location")
            if response.status not in REDIRECTS or request.method not in ("GET", "HEAD") or not location:
                return response
            response.close()
            url = split(join(response.url.geturl(), location))
            headers = {
                name: value
                for name, value in request.headers.items()
                if name != "Authorization" or may_share_credentials(first, url)
            }
            response = self._once(request, url.geturl(), headers)
        response.close()
        raise Unavailable(f"{_name(request)} is redirected more than {MOST_REDIRECTS} times")

    def _once(self, request: Request, target: str, headers: Mapping[str, str]) -> Response:
        place = request.place
        if not target.startswith("/"):
            return self._exchange(request, _allowed(split(target), place), headers)
        scheme = self._scheme(place)
        if scheme:
            return self._exchange(request, split(f"{scheme}://{place.host}{target}"), headers)
        try:
            response = self._exchange(request, split(f"https://{place.host}{target}"), headers)
        except Temporary as error:
            try:
                response = self._exchange(request, split(f"http://{place.host}{target}"), headers)
            except Temporary as second:
                raise (second if isinstance(error, NotTls) else error) from None
        self._schemes[place.host] = response.url.scheme
        return response

    def _scheme(self, place: Place) -> str:
        """What the place's host speaks; "" where that is to be tried."""
        if not place.may_be_plain:
            return "https"
        known = self._schemes.get(place.host, "")
        if not known and is_loopback(without_port(place.host)):
            parts = split(f"https://{place.host}")
            is_tls = is_spoken(parts.hostname or "", port(parts), self.network.connect_seconds)
            if is_tls is None:
                return "https"  # the request will tell why, and may be repeated
            known = self._schemes[place.host] = "https" if is_tls else "http"
        return known

    def _exchange(self, request: Request, url: SplitResult, headers: Mapping[str, str]) -> Response:
        body = request.body.chunks() if isinstance(request.body, Body) else request.body or None
        return self._transport.send(request.method, url, headers, body)

    def _read(self, response: Response, request: Request) -> bytes:
        """The body. Raises Corrupt for one that is too long, Temporary for one that takes too long."""
        is_good = response.status < 300
        limit = request.limit if is_good else _LONGEST_REFUSAL
        ends = time.monotonic() + self.network.silence_seconds
        found = bytearray()
        for chunk in response.chunks():
            found += chunk
            if len(found) > limit:
                if is_good:
                    raise Corrupt(f"{_name(request)} is longer than the {limit} bytes that it may have")
                break
            if time.monotonic() > ends:
                raise Temporary(f"{server(response.url)} sends too slowly")
        return bytes(found[:limit])


def _drive(flow: Generator[C, Any, T], handle: Callable[[C], object]) -> T:
    try:
        command = next(flow)
        while True:
            try:
                answer = handle(command)
            except (OnggiError, Abandoned) as error:
                command = flow.throw(error)
            else:
                command = flow.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _allowed(url: SplitResult, place: Place) -> SplitResult:
    if url.scheme == "http" and not place.may_be_plain:
        raise Denied(
            f"{place.host} wants to be asked without TLS, at {redacted(url.geturl())}",
            hint="name the registry as plain in registries.toml to allow that",
        )
    return url


def _answer(
    response: Response,
    *,
    body: bytes = b"",
    chunks: Iterator[bytes] | None = None,
    close: Callable[[], object] = lambda: None,
) -> Answer:
    return Answer(
        status=response.status,
        url=response.url.geturl(),
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body,
        chunks=iter(()) if chunks is None else chunks,
        close=close,
    )


def _verb(request: Request) -> str:
    """What it is for: a look before something is sent is a part of that."""
    if request.method == "DELETE":
        return "delete"
    if not request.actions:
        return "ask"
    return "send" if "push" in request.actions else "fetch"


def _name(request: Request) -> str:
    """What was asked for, for people: without what a query may hold of secrets."""
    parts = urlsplit(request.target)
    if parts.path == "/v2/" and not parts.netloc:
        return request.place.familiar_host
    if _UPLOADS.fullmatch(parts.path):
        return f"a layer of {request.place.full_name()}"
    if parts.netloc:
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}"
    named = _NAMED.fullmatch(parts.path)
    path = f"/{named[1]}{'@' if ':' in named[2] else ':'}{named[2]}" if named else parts.path
    return f"{request.place.familiar_host}{path}"
