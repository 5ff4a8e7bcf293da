"""Both ends of a connection that speaks gRPC, and frames of HTTP/2 that no library would send."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import grpc
import hpack

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.connection import Connection
from onggi.api.buildkit.grpc.server import Serve, Server
from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.grpc.stream import Stream

Method: TypeAlias = Callable[[Iterator[bytes], Any], Iterator[bytes]]
"""Messages in and out, and what gRPC's library has to say of the call."""
SECONDS = 30.0
"""For what happens at once; where it does not, a test fails."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
REQUEST = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/test/Echo"),
    (":authority", "localhost"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
]


def echo(stream: Stream) -> None:
    """Each message, as it comes."""
    while (message := stream.receive()) is not None:
        stream.send(message)


def frame(kind: int, flags: int, number: int, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", number) + body


def request(number: int, *more: tuple[str, str], flags: int = END_HEADERS) -> bytes:
    """The head of a call, of which each is written out for itself."""
    return frame(HEADERS, flags, number, hpack.Encoder().encode([*REQUEST, *more], huffman=False))


def message(number: int, data: bytes, flags: int = END_STREAM, *, compression: int = 0) -> bytes:
    return frame(DATA, flags, number, struct.pack(">BI", compression, len(data)) + data)


@contextmanager
def running(ours: Connection, connection: socket.socket, first: bytes = b"") -> Iterator[threading.Thread]:
    """It has ended, and all threads of its calls with it, when the block is left."""

    def run() -> None:
        with connection:
            ours.run(first)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        thread.join(SECONDS)
        assert not thread.is_alive()


@contextmanager
def served(serve: Serve = echo, patience: float = SECONDS) -> Iterator[socket.socket]:
    """The client's end of a connection that is served."""
    ours, theirs = socket.socketpair()
    ours.settimeout(SECONDS)
    with ours, running(Server(theirs, serve, patience), theirs):
        yield ours
        ours.close()


@contextmanager
def asked(serve: Serve = echo) -> Iterator[Any]:
    """gRPC's own client of what we serve."""
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/s")
        listener.listen()
        with grpc.insecure_channel(f"unix:{folder}/s", options=[("grpc.max_receive_message_length", -1)]) as client:
            ready = grpc.channel_ready_future(client)
            connection, _ = listener.accept()
            with running(Server(connection, serve), connection):
                ready.result(SECONDS)
                yield client
                client.close()


@contextmanager
def called(handler: Any, **options: int) -> Iterator[Channel]:
    """What we call by, and gRPC's own server at its other end."""
    limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with TemporaryDirectory() as folder, ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool, [handler], options=[*limits, *((f"grpc.{name}", n) for name, n in options.items())])
        server.add_insecure_port(f"unix:{folder}/s")
        server.start()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(f"{folder}/s")
        channel = Channel(connection)
        try:
            with running(channel, connection):
                yield channel
        finally:
            server.stop(0).wait(SECONDS)


def handler(**methods: Method) -> Any:
    """What serves a few methods of `/test/` by gRPC's own library."""
    return grpc.method_handlers_generic_handler(
        "test", {name: grpc.stream_stream_rpc_method_handler(method) for name, method in methods.items()}
    )


def failure(stream: Stream) -> CallError:
    """How a call of ours fails."""
    try:
        while stream.receive() is not None:
            pass
    except CallError as error:
        return error
    raise AssertionError("it went well")
