"""A call: messages in both directions, each behind its size (gRPC, doc/PROTOCOL-HTTP2.md)."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from queue import SimpleQueue
from typing import Protocol, TypeAlias

from onggi.api.buildkit.grpc.http2 import STREAM_WINDOW
from onggi.api.buildkit.grpc.status import (
    CANCELLED,
    INTERNAL,
    RESOURCE_EXHAUSTED,
    UNIMPLEMENTED,
    UNKNOWN,
    CallError,
    error_of,
)

Headers: TypeAlias = Iterable[tuple[str, str]]
Watchers: TypeAlias = list[Callable[[], object]]
_OFTEN = STREAM_WINDOW // 4
"""Bytes that are acknowledged at once, rather than each piece."""
_LARGEST = 16 << 20
"""Bytes of a message, as BuildKit has it (containerd, defaults)."""
_PREFIX = struct.Struct(">BI")


class Carrier(Protocol):
    """The connection of a stream, as the stream needs it. Who changes what both know has its lock."""

    lock: threading.Lock

    def send(self, stream: Stream, data: bytes) -> None:
        """Waits until the other side has room. Raises CallError when it takes no more."""

    def finish(self, stream: Stream) -> None: ...

    def reset(self, stream: Stream) -> None: ...

    def drop(self, stream: Stream) -> None:
        """It has failed on our side."""

    def acknowledge(self, stream: Stream, size: int) -> None: ...


class Stream:
    """path: "/package.Service/Method". metadata: its headers."""

    def __init__(self, connection: Carrier, number: int, path: str, metadata: Mapping[str, str]) -> None:
        self.path = path
        self.metadata = metadata
        self.number = number
        self.connection = connection
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
        self.connection.send(self, b"".join(_PREFIX.pack(0, len(message)) + message for message in messages))

    def finish(self) -> None:
        """Say that nothing more is sent. Who serves need not: the answer says it."""
        self.is_sent = True
        self.connection.finish(self)

    def receive(self) -> bytes | None:
        """The next message, None at the end. Raises CallError for a call that has failed, which is over then."""
        try:
            return self._receive()
        except CallError:
            self.connection.drop(self)
            raise

    def give_up(self) -> None:
        """The other side is told that nobody waits for it."""
        self.connection.reset(self)

    def when_ended(self, act: Callable[[], object]) -> None:
        """`act`, once, when the call is given up or its connection ends; at once if it has."""
        with self.connection.lock:
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
            self.connection.acknowledge(self, self._taken)
            self._taken = 0

    # What has come, as the connection tells it, which holds its lock.

    def put(self, piece: bytes) -> None:
        self._pieces.put(piece)

    def hear(self, headers: Mapping[str, str]) -> None:
        """What the headers of an answer say of how the call ends."""
        self.outcome = error_of(headers)

    def end(self) -> None:
        """Nothing more comes."""
        self.is_told = True
        self._pieces.put(None)

    def end_both(self, error: CallError | None) -> Watchers:
        """It is over in both directions, with this outcome. Returns those who have asked to hear of that."""
        self.outcome = error
        self._pieces.put(error)
        self.has_ended.set()
        watchers, self._watchers = self._watchers, []
        return watchers

    def why(self) -> CallError:
        """What to say to who sends by one that has ended."""
        return self.outcome or CallError(CANCELLED, "nobody takes what is sent")
