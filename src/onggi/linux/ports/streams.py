"""TCP through the port keeper: bytes go from socket to pipe to socket in the kernel (splice(2)), never through here.

Each side of a connection is watched once, for changes (EDGE). After a change all that can be moved without waiting is
moved, in both directions. So a peer that does not read costs nothing but what is in the pipe, and nobody else waits; an
idle connection has no pipe at all.
"""

from __future__ import annotations

import os
from _socket import (
    IPPROTO_TCP,
    SHUT_WR,
    SO_KEEPALIVE,
    SO_LINGER,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_NODELAY,
    socket,
)
from errno import EINPROGRESS
from fcntl import F_SETPIPE_SZ, fcntl
from struct import pack

from onggi.linux.loop import EDGE, FAILED, PEER_ENDED, READ, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onggi.linux.loop import WideLoop
    from onggi.linux.ports.target import Target

PIPE_SIZE = 1 << 20  # bytes; with 256 KiB, eight connections at once are a third slower
SPARE_PIPES = 8
MOVES_AT_ONCE = 8  # then it is the others' turn
ACCEPTS_AT_ONCE = 64
PAUSE = 1.0  # seconds until a host without free descriptors is asked again

_NOT_WAITING = os.SPLICE_F_NONBLOCK | os.SPLICE_F_MOVE
_EVERYTHING = READ | WRITE | PEER_ENDED | EDGE


class Pipes:
    """Those that nothing is in."""

    def __init__(self) -> None:
        self._spare: list[tuple[int, int]] = []

    def take(self) -> tuple[int, int]:
        if self._spare:
            return self._spare.pop()
        pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl(pipe[0], F_SETPIPE_SZ, PIPE_SIZE)
        except PermissionError:
            pass  # not root, and over /proc/sys/fs/pipe-user-pages-soft: it stays as it is
        return pipe

    def give_back(self, pipe: tuple[int, int]) -> None:
        if len(self._spare) < SPARE_PIPES:
            self._spare.append(pipe)
        else:
            close(pipe)


def close(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    os.close(pipe[1])


class Flow:
    """One direction of a connection. `held` bytes of it are in the pipe."""

    __slots__ = ("held", "is_ended", "is_over", "pipe", "pipes", "sink", "source")

    def __init__(self, pipes: Pipes, source: socket, sink: socket) -> None:
        self.pipes = pipes
        self.source = source
        self.sink = sink
        self.pipe: tuple[int, int] | None = None
        self.held = 0
        self.is_ended = False  # the source says no more
        self.is_over = False  # and the sink knows it

    def move(self) -> bool:
        """Move all that can be, without waiting; whether there may be more, when it has been enough for one turn.
        Raises OSError when one side has failed."""
        for _ in range(MOVES_AT_ONCE):
            has_taken = self._take()
            if not self._give() and not has_taken:
                break
        else:
            return True
        if self.pipe and not self.held:
            self.pipes.give_back(self.pipe)
            self.pipe = None
        return False

    def _take(self) -> bool:
        if self.is_ended or self.held >= PIPE_SIZE:
            return False
        if self.pipe is None:
            self.pipe = self.pipes.take()
        try:
            size = os.splice(self.source.fileno(), self.pipe[1], PIPE_SIZE - self.held, flags=_NOT_WAITING)
        except BlockingIOError:  # nothing is there, or the pipe is full: then what follows gives something or waits
            return False
        self.held += size
        self.is_ended = not size
        return True

    def _give(self) -> bool:
        if self.held and self.pipe:
            try:
                self.held -= os.splice(self.pipe[0], self.sink.fileno(), self.held, flags=_NOT_WAITING)
            except BlockingIOError:
                return False
            return True
        if self.is_ended and not self.is_over:
            self.is_over = True
            self.sink.shutdown(SHUT_WR)
        return False

    def drop(self) -> None:
        if self.pipe:
            close(self.pipe)
            self.pipe = None


class Relay:
    """One connection, and ours to the container for it."""

    __slots__ = ("client", "down", "is_connected", "server", "streams", "up")

    def __init__(self, streams: Streams, client: socket, server: socket) -> None:
        self.streams = streams
        self.client = client
        self.server = server
        self.up = Flow(streams.pipes, client, server)
        self.down = Flow(streams.pipes, server, client)
        self.is_connected = False
        streams.loop.watch(client.fileno(), self.on_client, _EVERYTHING)
        streams.loop.watch(server.fileno(), self.on_server, _EVERYTHING)

    def on_client(self, events: int) -> None:
        if events & FAILED:
            self.abort()
        elif self.is_connected:
            self.go_on()

    def on_server(self, events: int) -> None:
        if events & FAILED:
            self.abort()
            return
        self.is_connected = True
        self.go_on()

    def go_on(self) -> None:
        try:
            has_more = self.up.move() | self.down.move()
        except OSError:
            self.abort()
            return
        if self.up.is_over and self.down.is_over:
            self.close()
        elif has_more:
            self.streams.unfinished.add(self)

    def abort(self) -> None:
        """One side has failed: hand on what it had said before, and fail at the other."""
        for flow in (self.down, self.up):
            flow.is_over = True  # a failure is told once, and then looks like an end: that is not to be handed on
            try:
                flow.move()
            except OSError:
                continue
        for peer in (self.client, self.server):
            peer.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))  # close() resets the connection
        self.close()

    def close(self) -> None:
        self.streams.unfinished.discard(self)
        self.streams.loop.forget(self.client.fileno(), self.server.fileno())
        self.up.drop()
        self.down.drop()
        self.client.close()
        self.server.close()
        self.streams.on_close()


class Streams:
    """All connections, of which there are `most` at once; who comes then waits in the listener's queue."""

    def __init__(self, loop: WideLoop, most: int) -> None:
        self.loop = loop
        self.pipes = Pipes()
        self.unfinished: set[Relay] = set()
        """Those that had more to move than was allowed in one turn."""
        self._most = most
        self._count = 0
        self._listeners: list[tuple[socket, Target]] = []
        self._is_paused = False

    def listen(self, listener: socket, target: Target) -> None:
        listener.setblocking(False)
        self._listeners.append((listener, target))
        self._watch(listener, target)

    def go_on(self) -> None:
        for relay in tuple(self.unfinished):
            self.unfinished.discard(relay)
            relay.go_on()

    def on_close(self) -> None:
        self._count -= 1
        if self._is_paused and self._count < self._most:
            self._resume()

    def _watch(self, listener: socket, target: Target) -> None:
        self.loop.watch(listener.fileno(), lambda events: self._accept(listener, target))

    def _accept(self, listener: socket, target: Target) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            if self._count >= self._most:
                self._pause()
                return
            try:
                client = socket(fileno=listener._accept()[0])  # type: ignore[attr-defined]
                self._connect(client, target)
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # the host has no descriptors or memory left
                self._pause()
                self.loop.after(PAUSE, self._resume)
                return

    def _connect(self, client: socket, target: Target) -> None:
        """Raises OSError, and then the client is hung up on."""
        try:
            server = socket(target.family, SOCK_STREAM)
        except OSError:
            client.close()
            raise
        for peer in (client, server):
            peer.setblocking(False)
            peer.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # what was together at one side need not be at the other
            peer.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        relay = Relay(self, client, server)
        self._count += 1
        if server.connect_ex(target.place) not in (0, EINPROGRESS):
            relay.abort()

    def _pause(self) -> None:
        self._is_paused = True
        for listener, _ in self._listeners:
            self.loop.forget(listener.fileno())

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            for each in self._listeners:
                self._watch(*each)
