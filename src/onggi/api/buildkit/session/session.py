"""A client's session: a connection by which it is called for what only it has (files, secrets, passwords)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
from msgspec.structs import replace

from onggi.api.buildkit.grpc.status import UNIMPLEMENTED, CallError
from onggi.api.buildkit.grpc.stream import Headers, Stream
from onggi.errors import Invalid
from onggi.solve.ports import Cancel

_PREFIX = "x-docker-expose-session"


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
    """id: what builds call it by. methods: the paths of what it serves, in lower case. shared_key: the same for builds
    of the same folder."""

    id: str
    channel: Callee
    methods: frozenset[str]
    name: str = ""
    shared_key: str = ""

    @classmethod
    def announced(cls, channel: Callee, said: Mapping[str, str]) -> Session:
        """As the headers say with which it was opened. Raises Invalid for one without a name."""
        return cls(
            announced_id(said),
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


def announced_id(said: Mapping[str, str]) -> str:
    """Raises Invalid for none."""
    found = said.get(f"{_PREFIX}-uuid", "")
    if not found:
        raise Invalid("a session has a name", hint="the header X-Docker-Expose-Session-Uuid says it")
    return found


NOBODY = Session("", _Nobody(), frozenset())
