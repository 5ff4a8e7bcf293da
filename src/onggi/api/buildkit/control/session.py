"""Session: a client that can be called, as by `POST /session`, through a call of its own: so one that asks for a moment
what there is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.service import Asked, Method
from onggi.api.buildkit.session import pump
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import BytesMessage


def _handle(asked: Asked, request: BytesMessage) -> Iterator[BytesMessage]:
    inner, outer = socket.socketpair()
    with inner, outer:
        channel = Channel(inner)
        session = Session.announced(channel, asked.stream.metadata)
        runs = threading.Thread(target=_run, args=(channel, inner, request.data))
        with asked.hub.sessions.open(session.id, session):
            runs.start()
            threading.Thread(target=pump.write, args=(asked.stream, outer), daemon=True).start()
            try:
                yield from pump.read(outer)
            finally:
                pump.shut(outer)
                runs.join()


def _run(channel: Channel, inner: socket.socket, first: bytes) -> None:
    channel.run(first)
    pump.shut(inner)


METHOD = Method(BytesMessage, _handle)
