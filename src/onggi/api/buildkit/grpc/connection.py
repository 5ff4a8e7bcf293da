"""A connection that carries calls (HTTP/2).

One thread reads, one writes, and neither waits for the other, or for those that serve. What comes is acknowledged when
it is taken, so that nobody has to keep more than a window of it; the connection's own window is that of all calls
together, so that one whose messages nobody takes holds up no other. Deadlines are the caller's business, who gives a
call up (`grpc-timeout` is passed over).

The other side is a stranger: it may send what is no HTTP/2, open calls and give them up at once, or not read. It never
has more than so many threads, and a connection on which nothing moves for long is ended.
"""

from __future__ import annotations

import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress

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
from h2.exceptions import H2Error

from onggi.api.buildkit.grpc import http2
from onggi.api.buildkit.grpc.status import CANCELLED, UNAVAILABLE, CallError
from onggi.api.buildkit.grpc.stream import Stream, Watchers
from onggi.api.connections import PATIENCE

GRPC = "application/grpc"
_PIECE = 1 << 16
_ENOUGH_UNSENT = 1 << 18
"""Bytes that nobody adds a message to."""
_MOST_UNSENT = 1 << 20
"""Bytes in which answers to what HTTP/2 itself is asked are more than somebody asks who reads them."""
_LAST_SECONDS = 2.0
"""In which the other side has to take what is still to be sent once nothing is read any more."""
_TIME = struct.Struct("ll")


def gone() -> CallError:
    return CallError(UNAVAILABLE, "the other side has gone")


class Connection(ABC):
    """patience: seconds in which the other side has to take the next piece of what is sent, or to say that it is still
    there."""

    def __init__(self, connection: socket.socket, patience: float = PATIENCE, *, is_client: bool) -> None:
        self.lock = threading.Lock()
        self._room = threading.Condition(self.lock)
        self._connection = connection
        self._streams: dict[int, Stream] = {}
        self._unsent = bytearray()
        self._is_over = False
        self._patience = patience
        self._h2 = http2.begun(is_client=is_client)
        time = _TIME.pack(int(patience), int(patience % 1 * 1_000_000))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            connection.setsockopt(socket.SOL_SOCKET, option, time)

    def run(self, first: bytes = b"") -> None:
        """Until one of the two sides ends the connection. `first` was read of it already."""
        writer = threading.Thread(target=self._write, daemon=True)
        with self._room:
            self._flush()  # Go's server gives a connection up on which nothing comes for 10 seconds
        try:
            writer.start()
            data = first or self._next()
            while data and self._read(data):
                data = self._next()
        except OSError:
            self._shut()  # who is called, or has called, hears that the other side has gone
        finally:
            self._break_off()
            if writer.ident is not None:
                writer.join(_LAST_SECONDS)
                if writer.is_alive():  # nobody reads
                    self._shut()
                    writer.join()

    # For streams.

    def send(self, stream: Stream, data: bytes) -> None:
        try:
            self._send(stream, memoryview(data))
        except H2Error as error:
            raise gone() from error

    def _send(self, stream: Stream, data: memoryview) -> None:
        with self._room:
            while data:
                self._room.wait_for(lambda: stream.has_ended.is_set() or self._has_room(stream))
                if stream.has_ended.is_set():
                    raise stream.why()
                size = self._window(stream)
                self._h2.send_data(stream.number, bytes(data[:size]))
                data = data[size:]
                self._flush()

    def finish(self, stream: Stream) -> None:
        with self.lock, suppress(H2Error):
            self._h2.end_stream(stream.number)
            self._flush()

    def reset(self, stream: Stream) -> None:
        with self._room:
            self._streams.pop(stream.number, None)
            self._cut(stream.number, ErrorCodes.CANCEL)
            watchers = stream.end_both(CallError(CANCELLED, "it was given up"))
            self._flush()
        _tell(watchers)

    @abstractmethod
    def drop(self, stream: Stream) -> None:
        """It has failed on our side."""

    def acknowledge(self, stream: Stream, size: int) -> None:
        with self.lock:
            self._pass_over(stream.number, size)
            self._flush()

    # What comes.

    def _next(self) -> bytes:
        """b"" at the end. Who has said nothing for long is asked whether it is there."""
        try:
            return self._connection.recv(_PIECE)
        except BlockingIOError:
            with self.lock:
                self._h2.ping(bytes(8))
                self._flush()
            return self._connection.recv(_PIECE)

    def _read(self, data: bytes) -> bool:
        """Whether more may come."""
        watchers: Watchers = []
        has_ended = False
        with self._room:
            try:
                events = self._h2.receive_data(data)
            except H2Error:
                has_ended, events = True, []
            for event in http2.joined(events):
                has_ended |= isinstance(event, ConnectionTerminated)
                watchers += self._heed(event)
            self._flush()
            if len(self._unsent) > _MOST_UNSENT:
                has_ended = True
                self._shut()
        _tell(watchers)
        return not has_ended

    def _heed(self, event: Event) -> Watchers:
        """Returns those who have asked to hear of it, which they do when the lock is let go."""
        if isinstance(event, RequestReceived):
            self._begin(event.stream_id, http2.texts(event.headers))
            return []
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        if stream is None:
            if isinstance(event, DataReceived):  # it was given up
                self._pass_over(event.stream_id, event.flow_controlled_length)
            return []
        match event:
            case DataReceived():
                if event.data:  # empty ones cost no window, and may be without end
                    stream.put(event.data)
                if padding := event.flow_controlled_length - len(event.data):
                    self._pass_over(event.stream_id, padding)
            case ResponseReceived() | TrailersReceived():
                stream.hear(http2.texts(event.headers))
            case StreamEnded():
                return self._end_of(stream)
            case StreamReset():
                del self._streams[stream.number]
                return stream.end_both(CallError(CANCELLED, "it was given up by the other side"))
            case _:
                pass
        return []

    @abstractmethod
    def _begin(self, number: int, headers: Mapping[str, str]) -> None:
        """A call comes."""

    @abstractmethod
    def _end_of(self, stream: Stream) -> Watchers:
        """The other side has said all that it says of a call. Returns those who have asked to hear of its end."""

    # What goes.

    def _write(self) -> None:
        """Once the other side takes nothing more nothing can follow, for part of a frame may have gone."""
        try:
            while data := self._to_write():
                self._connection.sendall(data)
        except OSError:
            self._shut()

    def _shut(self) -> None:
        with suppress(OSError):  # it has ended already
            self._connection.shutdown(socket.SHUT_RDWR)

    def _to_write(self) -> bytes:
        """b"" where there will be no more."""
        with self._room:
            self._room.wait_for(lambda: self._unsent or self._is_over)
            data = bytes(self._unsent)
            self._unsent.clear()
            self._room.notify_all()
        return data

    # With the lock held.

    def _has_room(self, stream: Stream) -> bool:
        return len(self._unsent) < _ENOUGH_UNSENT and self._window(stream) > 0

    def _window(self, stream: Stream) -> int:
        return min(self._h2.local_flow_control_window(stream.number), self._h2.max_outbound_frame_size, _PIECE)

    def _pass_over(self, number: int, size: int) -> None:
        with suppress(H2Error):
            self._h2.acknowledge_received_data(size, number)

    def _cut(self, number: int, why: ErrorCodes) -> None:
        """Say that a call is over. Where it has ended meanwhile there is nothing to say."""
        with suppress(H2Error):
            self._h2.reset_stream(number, why)

    def _flush(self) -> None:
        """Who waits for room looks for it, and who writes for what there is to write."""
        self._unsent += self._h2.data_to_send()
        self._room.notify_all()

    def _break_off(self) -> None:
        watchers: Watchers = []
        with self._room:
            self._is_over = True
            for stream in self._streams.values():
                watchers += stream.end_both(gone())
            self._streams.clear()
            self._flush()
        _tell(watchers)


def _tell(watchers: Watchers) -> None:
    for act in watchers:
        act()
