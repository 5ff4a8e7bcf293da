"""gRPC over one connection (HTTP/2), for threads that block: calls that the other side makes, and calls to it.

A call that is served has a thread to itself. What comes is acknowledged when it is taken, so that nobody has to keep
more than a window of it.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeAlias

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error, ProtocolError
from h2.settings import SettingCodes, Settings

from onggi.api.buildkit.status import (
    CANCELLED,
    INTERNAL,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    CallError,
    Trailers,
    error_of,
)

Headers: TypeAlias = Iterable[tuple[str, str]]
Serve: TypeAlias = Callable[["Stream"], None]
_PIECE = 1 << 16
_STREAM_WINDOW = 1 << 20
_WINDOW = 1 << 24
_MOST_STREAMS = 128
_LARGEST = 16 << 20
"""Bytes of a message, as BuildKit has it (containerd, defaults)."""
_PREFIX = struct.Struct(">?I")
_GONE = CallError(UNAVAILABLE, "the other side has gone")


class Stream:
    """A call: messages in both directions. path: "/package.Service/Method"."""

    def __init__(
        self, channel: Channel, number: int, path: str = "", metadata: Mapping[str, str] | None = None
    ) -> None:
        self.path = path
        self.metadata = metadata or {}
        self.number = number
        self.has_ended = threading.Event()
        """Nobody reads any more what is sent: it was given up, or the connection has ended."""
        self._channel = channel
        self._pieces: SimpleQueue[bytes | CallError | None] = SimpleQueue()
        self._buffer = bytearray()
        self._end: CallError | None = None
        self._is_at_end = False
        self._watchers: list[Callable[[], object]] = []

    def send(self, message: bytes) -> None:
        """Waits until the other side has room. Raises CallError when it takes no more."""
        if len(message) > _LARGEST:
            raise CallError(RESOURCE_EXHAUSTED, f"a message of {len(message)} bytes is too large")
        self._channel.send(self, _PREFIX.pack(False, len(message)) + message)

    def finish(self) -> None:
        """Say that nothing more is sent: of who has called."""
        self._channel.finish(self)

    def receive(self) -> bytes | None:
        """The next message, None at the end. Raises CallError for a call that has failed."""
        head = self._take(_PREFIX.size)
        if head is None:
            return None
        is_compressed, size = _PREFIX.unpack(head)
        if is_compressed or size > _LARGEST:
            raise CallError(RESOURCE_EXHAUSTED, f"a message of {size} bytes is compressed, or too large")
        message = self._take(size)
        if message is None:
            raise CallError(INTERNAL, "a message was broken off")
        return message

    def give_up(self) -> None:
        """The other side is told that nobody waits for it."""
        self._channel.reset(self)

    def when_ended(self, act: Callable[[], object]) -> None:
        """`act`, once, when the call is given up or its connection ends; at once if it has."""
        with self._channel.lock:
            if not self.has_ended.is_set():
                self._watchers.append(act)
                return
        act()

    def _take(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            if self._is_at_end or not self._more():
                if self._end is not None:
                    raise self._end
                if self._buffer:
                    raise CallError(INTERNAL, "a message was broken off")
                return None
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _more(self) -> bool:
        piece = self._pieces.get()
        if not isinstance(piece, bytes):
            self._is_at_end, self._end = True, piece
            return False
        self._buffer += piece
        self._channel.acknowledge(self, len(piece))
        return True

    # For the channel, which holds its lock.

    def put(self, piece: bytes) -> None:
        self._pieces.put(piece)

    def end(self, error: CallError | None) -> None:
        """Nothing more comes."""
        self._pieces.put(error)

    def break_off(self, error: CallError) -> list[Callable[[], object]]:
        """It is over in both directions; who wants to hear of that."""
        self._pieces.put(error)
        self.has_ended.set()
        watchers, self._watchers = self._watchers, []
        return watchers


class Channel:
    """serve: what becomes of a call that comes, in a thread of its own; None for who only calls."""

    def __init__(self, connection: socket.socket, serve: Serve | None = None) -> None:
        self.lock = threading.Lock()
        self._room = threading.Condition(self.lock)
        self._connection = connection
        self._serve = serve
        self._streams: dict[int, Stream] = {}
        self._is_over = False
        is_client = serve is None
        self._h2 = H2Connection(H2Configuration(client_side=is_client))
        values = {SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW, SettingCodes.MAX_CONCURRENT_STREAMS: _MOST_STREAMS}
        if is_client:
            values[SettingCodes.ENABLE_PUSH] = 0
        self._h2.local_settings = Settings(client=is_client, initial_values=values)

    def run(self, first: bytes = b"") -> None:
        """Until one of the two sides ends the connection; `first` was read of it already."""
        try:
            with self.lock:
                self._h2.initiate_connection()
                self._h2.increment_flow_control_window(_WINDOW)
                self._flush()
            data = first or self._connection.recv(_PIECE)
            while data and self._read(data):
                data = self._connection.recv(_PIECE)
        except (OSError, H2Error):
            pass  # who is called, or has called, hears that the other side has gone
        finally:
            self._break_off()

    def call(self, path: str, metadata: Headers = ()) -> Stream:
        """Of who calls. Raises CallError where the connection has ended."""
        head = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        head += [("content-type", "application/grpc"), ("te", "trailers"), *metadata]
        with self.lock:
            if self._is_over:
                raise _GONE
            stream = Stream(self, self._h2.get_next_available_stream_id(), path)
            self._streams[stream.number] = stream
            self._h2.send_headers(stream.number, head)
            self._flush()
        return stream

    # For streams.

    def send(self, stream: Stream, data: bytes) -> None:
        try:
            self._send(stream, memoryview(data))
        except (OSError, H2Error) as error:
            raise _GONE from error

    def _send(self, stream: Stream, data: memoryview) -> None:
        with self._room:
            while data:
                self._room.wait_for(lambda: stream.has_ended.is_set() or self._window(stream) > 0)
                if stream.has_ended.is_set():
                    raise CallError(CANCELLED, "nobody takes what is sent")
                size = self._window(stream)
                self._h2.send_data(stream.number, bytes(data[:size]))
                data = data[size:]
                self._flush()

    def finish(self, stream: Stream) -> None:
        with self.lock, suppress(OSError, H2Error):
            self._h2.end_stream(stream.number)
            self._flush()

    def reset(self, stream: Stream) -> None:
        with self.lock:
            self._streams.pop(stream.number, None)
            with suppress(OSError, H2Error):
                self._h2.reset_stream(stream.number, ErrorCodes.CANCEL)
                self._flush()
            watchers = stream.break_off(CallError(CANCELLED, "it was given up"))
        _tell(watchers)

    def acknowledge(self, stream: Stream, size: int) -> None:
        with self.lock, suppress(OSError, H2Error):
            self._h2.acknowledge_received_data(size, stream.number)
            self._flush()

    # What comes.

    def _read(self, data: bytes) -> bool:
        """Whether more may come."""
        watchers: list[Callable[[], object]] = []
        with self._room:
            try:
                events = self._h2.receive_data(data)
            except ProtocolError:
                self._flush()
                return False
            for event in events:
                if isinstance(event, ConnectionTerminated):
                    return False
                watchers += self._take(event)
            self._flush()
            self._room.notify_all()
        _tell(watchers)
        return True

    def _take(self, event: Event) -> list[Callable[[], object]]:
        match event:
            case RequestReceived():
                self._begin(event.stream_id, _texts(event.headers))
            case DataReceived() if (stream := self._streams.get(event.stream_id)) is not None:
                stream.put(event.data)
                if padding := event.flow_controlled_length - len(event.data):
                    self._h2.acknowledge_received_data(padding, event.stream_id)
            case DataReceived():  # of a call that was given up
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case ResponseReceived() | TrailersReceived() if (stream := self._streams.get(event.stream_id)) is not None:
                headers = _texts(event.headers)
                if "grpc-status" in headers:
                    stream.end(error_of(headers))
            case StreamEnded() if (stream := self._streams.get(event.stream_id)) is not None:
                if self._serve is None:
                    del self._streams[event.stream_id]
                stream.end(None)
            case StreamReset() if (stream := self._streams.pop(event.stream_id, None)) is not None:
                return stream.break_off(CallError(CANCELLED, "it was given up by the other side"))
            case _:
                pass
        return []

    def _begin(self, number: int, headers: Mapping[str, str]) -> None:
        if self._serve is None:
            self._h2.reset_stream(number, ErrorCodes.REFUSED_STREAM)
            return
        stream = Stream(self, number, headers.get(":path", ""), headers)
        self._streams[number] = stream
        try:
            threading.Thread(target=self._answer, args=(stream, self._serve), daemon=True).start()
        except RuntimeError:
            del self._streams[number]
            self._h2.reset_stream(number, ErrorCodes.REFUSED_STREAM)

    def _answer(self, stream: Stream, serve: Serve) -> None:
        """Serve a call to its end."""
        with suppress(OSError, H2Error):
            with self.lock:
                self._h2.send_headers(stream.number, [(":status", "200"), ("content-type", "application/grpc")])
                self._flush()
            error: CallError | None = None
            try:
                serve(stream)
            except CallError as told:
                error = told
            with self.lock:
                self._streams.pop(stream.number, None)
                if not stream.has_ended.is_set():
                    self._h2.send_headers(stream.number, Trailers.of(error).fields, end_stream=True)
                    self._flush()

    # With the lock held.

    def _window(self, stream: Stream) -> int:
        return min(self._h2.local_flow_control_window(stream.number), self._h2.max_outbound_frame_size)

    def _flush(self) -> None:
        if data := self._h2.data_to_send():
            self._connection.sendall(data)

    def _break_off(self) -> None:
        watchers: list[Callable[[], object]] = []
        with self._room:
            self._is_over = True
            for stream in self._streams.values():
                watchers += stream.break_off(_GONE)
            self._streams.clear()
            self._room.notify_all()
        _tell(watchers)


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in headers}


def _tell(watchers: Iterable[Callable[[], object]]) -> None:
    for act in watchers:
        act()


def unknown(path: str) -> CallError:
    return CallError(UNIMPLEMENTED, f"{path} is not served")
