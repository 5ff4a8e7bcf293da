"""The sessions of clients: connections by which they are called for what only they have (files, secrets, passwords)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import msgspec
from msgspec.structs import replace

from onggi.api.buildkit.grpc.status import UNIMPLEMENTED, CallError
from onggi.api.buildkit.grpc.stream import Headers, Stream
from onggi.errors import Conflict, Invalid, NotFound
from onggi.solve.ports import Cancel

_PREFIX = "x-docker-expose-session"
_PATIENCE_SECONDS = 10.0
"""For a session that a build names, which comes by another connection."""


class Callee(Protocol):
    """Who can be called, as by a Channel."""

    def call(self, path: str, metadata: Headers = ()) -> Stream: ...


class _Until:
    """Who is called for something that may be given up."""

    def __init__(self, channel: Callee, cancel: Cancel) -> None:
        self._channel = channel
        self._cancel = cancel

    def call(self, path: str, metadata: Headers = ()) -> Stream:
        stream = self._channel.call(path, metadata)
        stream.when_ended(self._cancel.add(stream.give_up))
        return stream


class _Nobody:
    """Of a client that has no session."""

    def call(self, path: str, metadata: Headers = ()) -> Stream:
        raise CallError(UNIMPLEMENTED, "the client has no session, by which it could be asked")


class Session(msgspec.Struct, frozen=True):
    """methods: the paths of what it serves, in lower case. shared_key: the same for builds of the same folder."""

    id: str
    channel: Callee
    methods: frozenset[str]
    name: str = ""
    shared_key: str = ""

    @classmethod
    def announced(cls, channel: Callee, said: Mapping[str, str]) -> Session:
        """As the headers say with which it was opened."""
        return cls(
            said.get(f"{_PREFIX}-uuid", ""),
            channel,
            frozenset(each.strip().lower() for each in said.get(f"{_PREFIX}-grpc-method", "").split(",")),
            said.get(f"{_PREFIX}-name", ""),
            said.get(f"{_PREFIX}-sharedkey", ""),
        )

    def until(self, cancel: Cancel) -> Session:
        """The same, where all that it is asked from now on is given up with `cancel`: a client need not answer."""
        return replace(self, channel=_Until(self.channel, cancel))

    def serves(self, path: str) -> bool:
        return path.lower() in self.methods


NOBODY = Session("", _Nobody(), frozenset())


class Sessions:
    """Those of this server."""

    def __init__(self) -> None:
        self._known: dict[str, Session] = {}
        self._changed = threading.Condition()

    @contextmanager
    def open(self, session: Session) -> Iterator[None]:
        """It can be found until the end of the block. Raises as `require_new`."""
        with self._changed:
            self.require_new(session.id)
            self._known[session.id] = session
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                if self._known.get(session.id) is session:
                    del self._known[session.id]

    def require_new(self, name: str) -> None:
        """Raises Conflict where there is one of that name, Invalid for none."""
        if not name:
            raise Invalid("a session has a name", hint="the header X-Docker-Expose-Session-Uuid says it")
        if name in self._known:
            raise Conflict(f"session {name} already exists")

    def get(self, name: str) -> Session:
        """Waits a while for it. Raises NotFound."""
        with self._changed:
            if not name or not self._changed.wait_for(lambda: name in self._known, _PATIENCE_SECONDS):
                raise NotFound(f"no active session for {name}")
            return self._known[name]
