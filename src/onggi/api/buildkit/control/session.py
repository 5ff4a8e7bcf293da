"""Session: a client that can be called, as by `POST /session`, through a call of its own: so one that asks for a moment
what there is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

from onggi.api.buildkit.channel import Channel, Stream
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.sessions import Session
from onggi.api.buildkit.status import CallError
from onggi.api.buildkit.wire.session_pb2 import BytesMessage

_PIECE = 1 << 15


def _handle(asked: Asked, request: BytesMessage) -> Iterator[BytesMessage]:
    inner, outer = socket.socketpair()
    with inner, outer:
        channel = Channel(inner)
        session = Session.announced(channel, asked.stream.metadata)
        runs = threading.Thread(target=_run, args=(channel, inner, request.data))
        with asked.hub.sessions.open(session):
            runs.start()
            threading.Thread(target=_pass_on, args=(asked.stream, outer), daemon=True).start()
            try:
                while data := outer.recv(_PIECE):
                    yield BytesMessage(data=data)
            finally:
                _shut(outer, socket.SHUT_RDWR)
                runs.join()


def _run(channel: Channel, inner: socket.socket, first: bytes) -> None:
    channel.run(first)
    _shut(inner, socket.SHUT_RDWR)


def _pass_on(stream: Stream, outer: socket.socket) -> None:
    """What the client sends, until the call ends."""
    with suppress(OSError, CallError):
        while (message := stream.receive()) is not None:
            outer.sendall(BytesMessage.FromString(message).data)
    _shut(outer, socket.SHUT_WR)


def _shut(connection: socket.socket, how: int) -> None:
    with suppress(OSError):  # it has ended already
        connection.shutdown(how)


METHOD = Method(BytesMessage, _handle)
