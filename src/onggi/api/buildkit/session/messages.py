"""Messages of a call, in both directions."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from onggi.api.buildkit.grpc.status import INTERNAL, CallError
from onggi.api.buildkit.grpc.stream import Stream

M = TypeVar("M", bound=Message)


def tell(stream: Stream, *messages: Message) -> None:
    """Raises CallError where the other side takes no more."""
    stream.send(*(each.SerializeToString() for each in messages))


def hear(stream: Stream, kind: type[M]) -> M | None:
    """The next one, None at the end. Raises CallError for a call that has failed, and for what is no such message."""
    data = stream.receive()
    if data is None:
        return None
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise CallError(INTERNAL, f"{stream.path} brought what is no {kind.__name__}") from error
