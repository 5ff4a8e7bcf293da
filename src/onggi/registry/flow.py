"""Conversations with registries as generators: a flow yields what it wants to know, is sent the answer, and does no
I/O.

    def tag_is_there(place: Place, tag: str) -> Flow[bool]:
        answer = yield Request(method="HEAD", place=place, target=f"/v2/{place.repository}/manifests/{tag}")
        return answer.status == 200

`driver.py` runs them; tests send canned answers. What goes wrong on the wire is raised where the flow has yielded, as
one of the classes of `onggi.errors`, so that a flow may go another way."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from onggi.errors import Unavailable
from onggi.fetch.attempts import Temporary
from onggi.registry.place import Place

T = TypeVar("T")

LIMIT = 4 << 20
"""Bytes of a document, at most: what the distribution spec asks registries to take, and what others refuse beyond."""

_NUMBER = re.compile("[0-9]{1,18}")  # more digits than any disk has bytes are no number

Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class Body(msgspec.Struct, frozen=True):
    """What is sent, made anew by each call of `chunks`. `size` is in bytes; None where it is known only at the end."""

    chunks: Callable[[], Iterator[bytes]]
    size: int | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `target` is a path at the place, or a whole URL, which may be of another host: that gets no
    credentials.

    actions: what must be allowed in the repository ("pull", "push", "delete"). sources: repositories of the same host
    that must be readable too. is_streamed: the answer's body is left to be read by whoever asked. limit: bytes of a
    body that is read. is_repeatable: asking again does no harm, so that a failure that may pass is no failure yet; else
    it raises Interrupted."""

    method: Method
    place: Place
    target: str
    headers: Mapping[str, str] = {}
    body: bytes | Body = b""
    actions: tuple[str, ...] = ("pull",)
    sources: tuple[str, ...] = ()
    is_streamed: bool = False
    limit: int = LIMIT
    is_repeatable: bool = True


class WantLogin(msgspec.Struct, frozen=True):
    """The answer is the Login that is kept under this account, or None."""

    account: str


class Interrupted(Unavailable):
    """A request that cannot be repeated as it is has failed in a way that may pass: `cause`."""

    def __init__(self, message: str, cause: Temporary) -> None:
        super().__init__(message, hint=cause.hint or "try again later")
        self.cause = cause


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Header names are in lower case. `url` is where the answer came from, redirects followed. Either the body was
    read, or `chunks` gives it, raising attempts.Temporary where it breaks off, and `close` lets the connection go."""

    status: int
    url: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""
    chunks: Iterator[bytes] = iter(())
    close: Callable[[], object] = lambda: None

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def number(self, name: str) -> int | None:
        """A header that counts something; None where it does not."""
        text = self.header(name)
        return int(text) if _NUMBER.fullmatch(text) else None


Command: TypeAlias = Request | WantLogin
Flow: TypeAlias = Generator[Command, Any, T]
Conversation: TypeAlias = Generator[Request, Answer, T]
"""A flow that only asks the registry."""
