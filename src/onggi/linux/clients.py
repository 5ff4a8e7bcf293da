"""Those who are connected to a container's attach.sock."""

from __future__ import annotations

import os
import struct
import time
from _socket import AF_UNIX, SO_SNDBUF, SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET, socket

from onggi.container.home import SOCKET
from onggi.linux import file_limit, frames
from onggi.linux.backlog import Backlog
from onggi.linux.channel import receive, send
from onggi.linux.loop import READ, WRITE, Acceptor, Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READ_SIZE = 64 * 1024
SEND_BUFFER = 1024 * 1024  # bytes that the kernel holds for a client
MOST_BEHIND = 1 << 30  # bytes on disk that a client may leave for later
PATIENCE = 3.0  # seconds in which a client that takes nothing may hold up the container
SPARE_FILES = 32  # that clients leave to the monitor itself: for its log and state, a probe, what starts again
GOODBYE_SECONDS = 30.0  # how long a client may take nothing of what is left for it after the container's end


class Client:
    """One connection. `moved` is when it last took some of its output."""

    def __init__(self, descriptor: int, is_attached: bool) -> None:
        os.set_inheritable(descriptor, False)
        self.peer = socket(AF_UNIX, SOCK_STREAM, 0, descriptor)
        self.peer.setblocking(False)
        self.peer.setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
        self.descriptor = descriptor
        self.is_attached = is_attached
        self.keeps_stdin = False
        self.descriptors: list[int] = []  # that it gave us
        self.parser = frames.Parser()
        self.backlog = Backlog()
        self.moved = time.monotonic()


class Clients:
    """`on_frame` gets each client's frames; `on_leave` each client that goes; `on_room` is called when one has taken
    some of what waits for it, or gone; `accepts_input` tells whether to read on."""

    def __init__(
        self,
        loop: Loop,
        on_frame: Callable[[Client, int, bytes], None],
        on_leave: Callable[[Client], None],
        on_room: Callable[[], None],
        accepts_input: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._on_frame = on_frame
        self._on_leave = on_leave
        self._on_room = on_room
        self._accepts_input = accepts_input
        self._all: dict[int, Client] = {}
        self._acceptor: Acceptor | None = None
        self.most_files = file_limit.own() - SPARE_FILES  # the numbers of all that clients have here are below

    def listen(self) -> None:
        """In the current folder: a path may be longer than a socket's name can be."""
        remove_socket()
        listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC)
        listener.bind(SOCKET)
        os.chmod(SOCKET, 0o600)
        listener.listen(64)
        self._acceptor = Acceptor(self._loop, listener, self._take, self.most_files)

    def _take(self, descriptor: int) -> None:
        self.add(Client(descriptor, is_attached=False))

    def refuse(self) -> None:
        """No new ones from here on."""
        if self._acceptor:
            self._acceptor.close()
        remove_socket()

    def add(self, client: Client) -> None:
        self._all[client.descriptor] = client
        self._loop.watch(client.descriptor, lambda events: self._on_client(client, events))

    def _on_client(self, client: Client, events: int) -> None:
        if events & WRITE:
            self._send(client)
        if events & READ:
            self._receive(client)
        elif events & ~WRITE:
            self.drop(client)

    def _receive(self, client: Client) -> None:
        try:
            data, descriptors = receive(client.peer, READ_SIZE)
            client.descriptors += descriptors
            for kind, payload in client.parser.feed(data):
                self._on_frame(client, kind, bytes(payload))
        except BlockingIOError:
            return
        except (OSError, ValueError, struct.error):
            data = b""
        if not data:
            self.drop(client)

    def tell(self, client: Client, kind: int, payload: bytes = b"") -> None:
        """Send a frame, now or when it takes it."""
        if not self._is_here(client):
            return
        if not client.backlog:
            client.moved = time.monotonic()
        try:
            client.backlog.pass_on(client.peer, frames.HEADER.pack(kind, len(payload)), payload)
        except OSError:  # it has gone, or what it has not read does not fit on the disk any more
            self.drop(client)
            return
        self._listen_to(client)

    def answer(self, client: Client, descriptor: int) -> None:
        """Say that it is done, with a descriptor unless that is -1. The client waits for nothing else."""
        if descriptor < 0:
            self.tell(client, frames.ANSWER)
        elif self._is_here(client):
            send(client.peer, frames.frame(frames.ANSWER), [descriptor])

    def give_input(self, client: Client, descriptor: int) -> None:
        """To one that has just come: the container's stdin is a pipe that it can write to itself."""
        send(client.peer, frames.frame(frames.INPUT), [descriptor])

    def tell_attached(self, kind: int, payload: bytes) -> None:
        for client in tuple(self._all.values()):
            if client.is_attached:
                self.tell(client, kind, payload)

    def tell_all(self, kind: int, payload: bytes) -> None:
        for client in tuple(self._all.values()):
            self.tell(client, kind, payload)

    def _send(self, client: Client) -> None:
        try:
            if client.backlog.send(client.peer):
                client.moved = time.monotonic()
        except OSError:
            self.drop(client)
        else:
            self._listen_to(client)
            self._on_room()

    def is_one_behind(self) -> bool:
        """Whether one of those who read the output has much of it before it still, and reads on; or far too much."""
        now = time.monotonic()
        return any(
            len(client.backlog) > MOST_BEHIND or (client.backlog.is_long() and now - client.moved < PATIENCE)
            for client in self._all.values()
        )

    def _listen_to(self, client: Client) -> None:
        reading = READ if self._accepts_input() else 0
        self._loop.change(client.descriptor, reading | (WRITE if client.backlog else 0))

    def hold_back(self) -> None:
        """Read on, or stop to, as `accepts_input` says now."""
        for client in self._all.values():
            self._listen_to(client)

    def _is_here(self, client: Client) -> bool:
        """Another one may have its descriptor by now."""
        return self._all.get(client.descriptor) is client

    def drop(self, client: Client) -> None:
        if self._is_here(client):
            del self._all[client.descriptor]
            self._loop.forget(client.descriptor)
            client.peer.close()
            client.backlog.close()
            for descriptor in client.descriptors:
                os.close(descriptor)
            self._on_leave(client)
            self._on_room()

    def part(self) -> None:
        """Wait until each has read what is for it and gone, or takes nothing for a long time."""
        while self._all:
            self._loop.turn(1000)
            for client in tuple(self._all.values()):
                if time.monotonic() - client.moved > GOODBYE_SECONDS:
                    self.drop(client)


def remove_socket() -> None:
    try:
        os.unlink(SOCKET)
    except FileNotFoundError:
        pass
