"""A file over HTTP: redirects followed, broken transfers resumed, size and digest checked while it streams."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import SplitResult

import msgspec

from onggi.errors import Corrupt, Invalid, NotFound, OnggiError, Unauthorized, Unavailable
from onggi.fetch.attempts import Temporary, persist
from onggi.fetch.network import Network
from onggi.fetch.status import MOST_REDIRECTS, REDIRECTS, TEMPORARY
from onggi.fetch.url import basic_authorization, file_name, join, may_share_credentials, redacted, server, split
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.solve.ports import Cancel

if TYPE_CHECKING:
    from onggi.fetch.transport import Response, Transport

_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class Validators(msgspec.Struct, frozen=True):
    """What a server said of a file, by which it can tell later whether that has changed (RFC 9110, section 8.8)."""

    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)

    @property
    def strong(self) -> str:
        """What If-Range may ask for; "" if equal bytes are not promised."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


class Fetched(msgspec.Struct, frozen=True):
    """A file that has arrived. `name` is never a path. `modified` is in seconds since 1970, None if not told."""

    digest: Digest
    size: int
    name: str
    validators: Validators
    modified: int | None = None


class NotModified(msgspec.Struct, frozen=True):
    """The file is the one whose validators were given."""


def fetch(
    url: str,
    target: BinaryIO,
    *,
    checksum: Digest = "",
    known: Validators | None = None,
    authorization: str = "",
    cancel: Cancel | None = None,
    network: Network | None = None,
) -> Fetched | NotModified:
    """Writes what is at `url` to `target`, which is seekable and empty.

    checksum: the digest that it must have. known: answer NotModified if these still hold. authorization: a header's
    value for the server of `url` and for no other; without it, the user and password in the URL.
    Raises Invalid for a URL that is none, NotFound, Unauthorized, Unavailable (after `network.attempts`), Corrupt for a
    wrong digest, Abandoned. Then `target` may hold a part.
    """
    from onggi.fetch.transport import Transport

    if checksum:
        digests.parse(checksum)
    parts = split(url)
    network, cancel = network or Network(), cancel or Cancel()
    with Transport(network, cancel) as transport:
        conversation = _Conversation(parts, authorization or basic_authorization(parts), transport)
        download = _Download(url, target, known or Validators(), conversation)
        fetched = persist(download.attempt, lambda: download.size, redacted(url), network, cancel)
    if checksum and isinstance(fetched, Fetched) and fetched.digest != checksum:
        raise Corrupt(
            f"{redacted(url)} has the digest {fetched.digest}, and {checksum} was asked for",
            hint="if the file was changed on purpose, correct the checksum",
        )
    return fetched


class _Conversation:
    """Requests that follow redirects. Credentials go to the server that they are for, and only there."""

    def __init__(self, start: SplitResult, authorization: str, transport: Transport) -> None:
        self._start = start
        self._authorization = authorization
        self._transport = transport

    def get(self, headers: dict[str, str]) -> Response:
        url = self._start
        for _ in range(MOST_REDIRECTS + 1):
            response = self._transport.get(url, {**headers, **self._credentials(url)})
            if response.status not in REDIRECTS:
                return response
            location = response.header("Location")
            response.close()
            if not location:
                raise Unavailable(f"{redacted(self._start.geturl())} redirects to nowhere")
            url = split(join(url.geturl(), location))
        raise Unavailable(f"{redacted(self._start.geturl())} redirects more than {MOST_REDIRECTS} times")

    def _credentials(self, url: SplitResult) -> dict[str, str]:
        is_meant = may_share_credentials(self._start, url)
        authorization = self._authorization if is_meant else basic_authorization(url)
        return {"Authorization": authorization} if authorization else {}


class _Download:
    """What has arrived of a file, over any number of attempts."""

    def __init__(self, url: str, target: BinaryIO, known: Validators, conversation: _Conversation) -> None:
        self.url = url
        self.size = 0
        self._target = target
        self._known = known
        self._conversation = conversation
        self._hash = hashlib.sha256()
        self._validators = Validators()

    def attempt(self) -> Fetched | NotModified:
        response = self._conversation.get(self._headers())
        try:
            return self._take(response)
        finally:
            response.close()

    def _headers(self) -> dict[str, str]:
        if self.size and self._validators.strong:
            return {"Range": f"bytes={self.size}-", "If-Range": self._validators.strong}
        asked = {"If-None-Match": self._known.etag, "If-Modified-Since": self._known.last_modified}
        return {name: value for name, value in asked.items() if value}

    def _take(self, response: Response) -> Fetched | NotModified:
        validators = Validators(response.header("ETag"), response.header("Last-Modified"))
        if response.status == 304 and self._known:
            return NotModified()
        if response.status == 200 and validators.etag and validators.etag == self._known.etag:
            return NotModified()  # some servers send the whole file all the same
        if response.status not in (200, 203, 206):
            raise self._refusal(response)
        if response.status == 206 and not self._continues(response):
            self._restart()
            raise Temporary("the server sent another part than the one asked for")
        if response.status != 206:
            self._restart()
        self._validators = validators
        for chunk in response.chunks():
            self._target.write(chunk)
            self._hash.update(chunk)
            self.size += len(chunk)
        name = file_name(self.url, response.header("Content-Disposition"))
        return Fetched(digests.of_hash(self._hash), self.size, name, validators, _seconds(validators.last_modified))

    def _continues(self, response: Response) -> bool:
        found = _RANGE.fullmatch(response.header("Content-Range"))
        return found is not None and int(found[1]) == self.size

    def _restart(self) -> None:
        self._target.seek(0)
        self._target.truncate()
        self._hash = hashlib.sha256()
        self.size = 0

    def _refusal(self, response: Response) -> Exception:
        status, url = response.status, redacted(self.url)
        if status == 416 and self.size:
            self._restart()
            return Temporary("the server cannot go on where it stopped")
        if status in TEMPORARY:
            from onggi.fetch.transport import retry_after

            return Temporary(f"{server(response.url)} answered {status}", retry_after(response))
        meaning, words, hint = _REFUSALS.get(status, _REFUSED)
        return meaning(f"{url} {words}: {server(response.url)} answered {status}", hint=hint)


_LOGIN = "give a user and password in the URL, or a secret HTTP_AUTH_TOKEN_<host>"
_REFUSALS: dict[int, tuple[type[OnggiError], str, str]] = {
    400: (Invalid, "is not understood by the server", ""),
    401: (Unauthorized, "wants credentials", _LOGIN),
    403: (Unauthorized, "is not given to us", _LOGIN),
    404: (NotFound, "does not exist", ""),
    407: (Unauthorized, "is behind a proxy that wants credentials", "give them in the URL of the proxy"),
    410: (NotFound, "does not exist any more", ""),
}
_REFUSED: tuple[type[OnggiError], str, str] = (Unavailable, "cannot be fetched", "")


def _seconds(date: str) -> int | None:
    from email.utils import parsedate_to_datetime

    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except ValueError:
        return None
