"""Between a socket and a call that carries its bytes (moby/buildkit, session/sshforward: Copy)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.session.messages import hear
from onggi.api.buildkit.wire.session_pb2 import BytesMessage

_PIECE = 1 << 15


def read(connection: socket.socket) -> Iterator[BytesMessage]:
    """What it says, to its end. Raises OSError."""
    while data := connection.recv(_PIECE):
        yield BytesMessage(data=data)


def write(stream: Stream, connection: socket.socket) -> None:
    """What the other side of the call says, until one of the two ends, however: the socket is told of the end."""
    with suppress(OSError, CallError):
        while (message := hear(stream, BytesMessage)) is not None:
            connection.sendall(message.data)
    shut(connection, socket.SHUT_WR)


def shut(connection: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    with suppress(OSError):  # it has ended already
        connection.shutdown(how)
