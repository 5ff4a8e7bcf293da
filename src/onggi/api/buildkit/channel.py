"""gRPC over one connection (HTTP/2), for threads that block: calls that the other side makes, and calls to it.

One thread reads, one writes, and neither waits for the other, or for those that serve. A call that is served has a
thread to itself. What comes is acknowledged when it is taken, so that nobody has to keep more than a window of it; the
connection's own window is that of all calls together, so that one whose messages nobody takes holds up no other.
Deadlines are the caller's business, who gives a call up (`grpc-timeout` is passed over).

The other side is a stranger: it may send what is no HTTP/2, open calls and give them up at once, or not read. It never
has more than so many threads, and a connection on which nothing moves for long is ended.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
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
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

from onggi.api.buildkit.status import (
    CANCELLED,
    INTERNAL,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    UNKNOWN,
    CallError,
    Trailers,
    error_of,
)
from onggi.api.connections import PATIENCE

Headers: TypeAlias = Iterable[tuple[str, str]]
Serve: TypeAlias = Callable[["Stream"], None]
Watchers: TypeAlias = list[Callable[[], object]]
_PIECE = 1 << 16
_MOST_STREAMS = 250
"""Calls that are served at once, as many as Docker's server has (golang.org/x/net/http2)."""
_STREAM_WINDOW = 1 << 18
_WINDOW = _MOST_STREAMS * _STREAM_WINDOW
_OFTEN = _STREAM_WINDOW // 4
"""Bytes that are acknowledged at once, rather than each piece."""
_ENOUGH_UNSENT = 1 << 18
"""Bytes that nobody adds a message to."""
_MOST_UNSENT = 1 << 20
"""Bytes in which answers to what HTTP/2 itself is asked are more than somebody asks who reads them."""
_LARGEST = 16 << 20
"""Bytes of a message, as BuildKit has it (containerd, defaults)."""
_PREFIX = struct.Struct(">BI")
_TIME = struct.Struct("ll")
_GRPC = "application/grpc"
_NOT_GRPC = ((":status", "415"),)


def _gone() -> CallError:
    return CallError(UNAVAILABLE, "the other side has gone")


class Stream:
    """A call: messages in both directions. path: "/package.Service/Method". metadata: its headers."""

    def __init__(self, channel: Channel, number: int, path: str, metadata: Mapping[str, str]) -> None:
        self.path = path
        self.metadata = metadata
        self.number = number
        self.channel = channel
        self.has_ended = threading.Event()
        """Nobody reads any more what is sent: it was answered or given up, or the connection has ended."""
        self.is_sent = False
        """We have said that nothing more is sent."""
        self.is_told = False
        """The other side has said so."""
        self.outcome: CallError | None = CallError(UNKNOWN, "it ended without saying how")
        """What the answer to our own call says of it."""
        self._pieces: SimpleQueue[bytes | CallError | None] = SimpleQueue()
        self._buffer = bytearray()
        self._end: CallError | None = None
        self._is_at_end = False
        self._taken = 0
        self._watchers: Watchers = []

    def send(self, *messages: bytes) -> None:
        """Waits until the other side has room. Raises CallError when it takes no more."""
        for message in messages:
            if len(message) > _LARGEST:
                raise CallError(RESOURCE_EXHAUSTED, f"a message of {len(message)} bytes is too large")
        self.channel.send(self, b"".join(_PREFIX.pack(0, len(message)) + message for message in messages))

    def finish(self) -> None:
        """Say that nothing more is sent: of who has called."""
        self.channel.finish(self)

    def receive(self) -> bytes | None:
        """The next message, None at the end. Raises CallError for a call that has failed, which is over then."""
        try:
            return self._receive()
        except CallError:
            self.channel.drop(self)
            raise

    def give_up(self) -> None:
        """The other side is told that nobody waits for it."""
        self.channel.reset(self)

    def when_ended(self, act: Callable[[], object]) -> None:
        """`act`, once, when the call is given up or its connection ends; at once if it has."""
        with self.channel.lock:
            if not self.has_ended.is_set():
                self._watchers.append(act)
                return
        act()

    def _receive(self) -> bytes | None:
        head = self._take(_PREFIX.size)
        if head is None:
            return None
        compression, size = _PREFIX.unpack(head)
        if compression:
            raise CallError(UNIMPLEMENTED, "a message is compressed, which was not agreed on")
        if size > _LARGEST:
            raise CallError(RESOURCE_EXHAUSTED, f"a message of {size} bytes is too large")
        message = self._take(size)
        if message is None:
            raise CallError(INTERNAL, "a message was broken off")
        return message

    def _take(self, size: int) -> bytes | None:
        """So many bytes; None where there are no more."""
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
            self._acknowledge()
            return False
        self._buffer += piece
        self._taken += len(piece)
        if self._taken >= _OFTEN:
            self._acknowledge()
        return True

    def _acknowledge(self) -> None:
        """What was taken since the last time."""
        if self._taken:
            self.channel.acknowledge(self, self._taken)
            self._taken = 0

    # For the channel, which holds its lock.

    def put(self, piece: bytes) -> None:
        self._pieces.put(piece)

    def end(self) -> None:
        """Nothing more comes."""
        self.is_told = True
        self._pieces.put(None)

    def end_both(self, error: CallError | None) -> Watchers:
        """It is over in both directions; who wants to hear of that."""
        self.outcome = error
        self._pieces.put(error)
        self.has_ended.set()
        watchers, self._watchers = self._watchers, []
        return watchers


class Channel:
    """serve: what becomes of a call that comes, in a thread of its own; None for who only calls. patience: seconds in
    which the other side has to take the next piece of what is sent, or to say that it is still there."""

    def __init__(self, connection: socket.socket, serve: Serve | None = None, patience: float = PATIENCE) -> None:
        self.lock = threading.Lock()
        self._room = threading.Condition(self.lock)
        self._connection = connection
        self._serve = serve
        self._streams: dict[int, Stream] = {}
        self._threads: set[threading.Thread] = set()
        self._unsent = bytearray()
        self._is_over = False
        self._patience = patience
        self._h2 = _begun(is_client=serve is None)
        time = _TIME.pack(int(patience), int(patience % 1 * 1_000_000))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            connection.setsockopt(socket.SOL_SOCKET, option, time)

    def run(self, first: bytes = b"") -> None:
        """Until one of the two sides ends the connection, and whoever served there has heard of it and is done.
        `first` was read of it already."""
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
                writer.join()

    def call(self, path: str, metadata: Headers = ()) -> Stream:
        """Of who calls. Waits where the other side serves no more at once, but not for ever. Raises CallError where the
        connection has ended, and where it can have no more calls."""
        head = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        head += [("content-type", _GRPC), ("te", "trailers"), *metadata]
        with self._room:
            has_room = self._room.wait_for(lambda: self._is_over or self._may_call(), self._patience)
            if self._is_over:
                raise _gone()
            if not has_room:
                raise CallError(UNAVAILABLE, f"the other side takes no more calls for {self._patience:g} seconds")
            stream = Stream(self, self._h2.get_next_available_stream_id(), path, {})
            try:
                self._h2.send_headers(stream.number, head)
            except H2Error as error:
                raise CallError(INTERNAL, f"{path} cannot be called: {error}") from error
            self._streams[stream.number] = stream
            self._flush()
        return stream

    # For streams.

    def send(self, stream: Stream, data: bytes) -> None:
        try:
            self._send(stream, memoryview(data))
        except H2Error as error:
            raise _gone() from error

    def _send(self, stream: Stream, data: memoryview) -> None:
        with self._room:
            while data:
                self._room.wait_for(lambda: stream.has_ended.is_set() or self._has_room(stream))
                if stream.has_ended.is_set():
                    raise stream.outcome or CallError(CANCELLED, "nobody takes what is sent")
                size = self._window(stream)
                self._h2.send_data(stream.number, bytes(data[:size]))
                data = data[size:]
                self._flush()

    def finish(self, stream: Stream) -> None:
        with self.lock, suppress(H2Error):
            stream.is_sent = True
            self._h2.end_stream(stream.number)
            self._flush()

    def reset(self, stream: Stream) -> None:
        with self._room:
            self._streams.pop(stream.number, None)
            self._cut(stream.number, ErrorCodes.CANCEL)
            watchers = stream.end_both(CallError(CANCELLED, "it was given up"))
            self._flush()
        _tell(watchers)

    def drop(self, stream: Stream) -> None:
        """One that has failed: ours is given up; one that is served is answered by who serves it."""
        if self._serve is None and not stream.has_ended.is_set():
            self.reset(stream)

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
            for event in _joined(events):
                has_ended |= isinstance(event, ConnectionTerminated)
                watchers += self._take(event)
            self._flush()
            if len(self._unsent) > _MOST_UNSENT:
                has_ended = True
                self._shut()
        _tell(watchers)
        return not has_ended

    def _take(self, event: Event) -> Watchers:
        if isinstance(event, RequestReceived):
            self._begin(event.stream_id, _texts(event.headers))
            return []
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        match event:
            case DataReceived() if stream is None:  # it was given up
                self._pass_over(event.stream_id, event.flow_controlled_length)
            case DataReceived() if stream is not None:
                if event.data:  # empty ones cost no window, and may be without end
                    stream.put(event.data)
                if padding := event.flow_controlled_length - len(event.data):
                    self._pass_over(event.stream_id, padding)
            case ResponseReceived() | TrailersReceived() if stream is not None and self._serve is None:
                stream.outcome = error_of(_texts(event.headers))
            case StreamEnded() if stream is not None and self._serve is None:
                del self._streams[event.stream_id]
                if not stream.is_sent:
                    self._cut(event.stream_id, ErrorCodes.CANCEL)
                return stream.end_both(stream.outcome)
            case StreamEnded() if stream is not None:
                stream.end()
            case StreamReset() if stream is not None:
                del self._streams[event.stream_id]
                return stream.end_both(CallError(CANCELLED, "it was given up by the other side"))
            case _:
                pass
        return []

    def _begin(self, number: int, headers: Mapping[str, str]) -> None:
        if self._serve is None or len(self._threads) >= _MOST_STREAMS:
            self._cut(number, ErrorCodes.REFUSED_STREAM)
            return
        if not headers.get("content-type", "").startswith(_GRPC):
            with suppress(H2Error):
                self._h2.send_headers(number, _NOT_GRPC, end_stream=True)
            return
        stream = Stream(self, number, headers.get(":path", ""), headers)
        thread = threading.Thread(target=self._answer, args=(stream, self._serve), daemon=True)
        self._streams[number] = stream
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # the process can have no more
            del self._streams[number]
            self._threads.remove(thread)
            self._cut(number, ErrorCodes.REFUSED_STREAM)

    def _answer(self, stream: Stream, serve: Serve) -> None:
        """Serve a call to its end, which its caller hears of whatever becomes of it."""
        error: CallError | None = CallError(INTERNAL, "this is a mistake of the server's; what it was is in its log")
        try:
            with suppress(H2Error), self.lock:
                self._h2.send_headers(stream.number, [(":status", "200"), ("content-type", _GRPC)])
                self._flush()
            serve(stream)
            error = None
        except CallError as told:
            error = told
        finally:
            self._end(stream, error)

    def _end(self, stream: Stream, error: CallError | None) -> None:
        """A caller that has not said all is told not to."""
        with self.lock, suppress(H2Error):
            self._threads.discard(threading.current_thread())
            self._streams.pop(stream.number, None)
            if not stream.has_ended.is_set():
                self._h2.send_headers(stream.number, Trailers.of(error).fields, end_stream=True)
                if not stream.is_told:
                    self._h2.reset_stream(stream.number, ErrorCodes.NO_ERROR)
                self._flush()

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

    def _may_call(self) -> bool:
        return self._h2.open_outbound_streams < self._h2.remote_settings.max_concurrent_streams

    def _has_room(self, stream: Stream) -> bool:
        return len(self._unsent) < _ENOUGH_UNSENT and self._window(stream) > 0

    def _window(self, stream: Stream) -> int:
        return min(self._h2.local_flow_control_window(stream.number), self._h2.max_outbound_frame_size, _PIECE)

    def _pass_over(self, number: int, size: int) -> None:
        with suppress(H2Error):
            self._h2.acknowledge_received_data(size, number)

    def _cut(self, number: int, why: ErrorCodes) -> None:
        """One that has ended by itself has."""
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
                watchers += stream.end_both(_gone())
            self._streams.clear()
            threads = tuple(self._threads)
            self._flush()
        _tell(watchers)
        for thread in threads:
            thread.join()


def _begun(*, is_client: bool) -> H2Connection:
    """What we say first stands before all else that is sent."""
    made = H2Connection(H2Configuration(client_side=is_client))
    values = {SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW, SettingCodes.MAX_CONCURRENT_STREAMS: _MOST_STREAMS}
    values[SettingCodes.MAX_HEADER_LIST_SIZE] = H2Connection.DEFAULT_MAX_HEADER_LIST_SIZE
    if is_client:
        values[SettingCodes.ENABLE_PUSH] = 0
    made.local_settings = Settings(client=is_client, initial_values=values)
    made.initiate_connection()
    made.increment_flow_control_window(_WINDOW)
    return made


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """One that comes several times has all its values, with commas between them (RFC 9110, 5.2)."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1"), value.decode("utf-8", "replace")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def _joined(events: Iterable[Event]) -> Iterator[Event]:
    """What follows each other of one call is one piece: a wake-up for who waits for it, rather than one for each."""
    for _, several in groupby(events, lambda event: event.stream_id if isinstance(event, DataReceived) else id(event)):
        first, *rest = several
        if isinstance(first, DataReceived) and rest:
            more = [event for event in rest if isinstance(event, DataReceived)]
            first.data = b"".join((first.data, *(event.data for event in more)))
            first.flow_controlled_length += sum(event.flow_controlled_length for event in more)
        yield first


def _tell(watchers: Watchers) -> None:
    for act in watchers:
        act()


def unknown(path: str) -> CallError:
    return CallError(UNIMPLEMENTED, f"{path} is not served")
