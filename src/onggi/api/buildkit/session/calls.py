"""Calls to a client that have one message each way."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from onggi.api.buildkit.channel import Headers
from onggi.api.buildkit.sessions import Session
from onggi.api.buildkit.status import INTERNAL, CallError

M = TypeVar("M", bound=Message)


def ask(session: Session, path: str, request: Message, kind: type[M], metadata: Headers = ()) -> M:
    """Its answer. Raises CallError."""
    stream = session.channel.call(path, metadata)
    try:
        stream.send(request.SerializeToString())
        stream.finish()
        data = stream.receive()
        if data is None or stream.receive() is not None:  # how it ended comes after the message
            raise CallError(INTERNAL, f"{path} was not answered by one message")
        return kind.FromString(data)
    except DecodeError as error:
        raise CallError(INTERNAL, f"{path} was answered by what is no {kind.__name__}") from error
    except BaseException:
        stream.give_up()
        raise
