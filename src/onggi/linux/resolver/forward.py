"""Questions for others: sent on as they came, but for the number, so that whatever a client wants (EDNS, DNSSEC) is
between it and the server. No thread waits for an answer."""

from __future__ import annotations

import os
import time
from _socket import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM, socket
from errno import EINPROGRESS

from onggi.linux.loop import READ, WRITE
from onggi.linux.resolver.answer import LARGEST, fail, has_same_question, is_refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from onggi.linux.loop import Loop
    from onggi.linux.resolver.upstream import Upstream

TIMEOUT = 2.0
"""Seconds until the next server is asked; a client's own patience is 5 (resolv.conf(5))."""
MOST = 1024
"""Questions that wait for an answer; then each container may have a few."""
_TICK = 0.25  # seconds


class Asked:
    """One question that is under way, at one server after the other."""

    __slots__ = (
        "deadline",
        "forwarder",
        "is_datagram",
        "number",
        "on_answer",
        "query",
        "received",
        "servers",
        "socket",
        "unsent",
        "upstream",
    )

    def __init__(
        self,
        forwarder: Forwarder,
        query: bytes,
        upstream: Upstream,
        on_answer: Callable[[bytes], None],
        is_datagram: bool,
    ) -> None:
        self.forwarder = forwarder
        self.number = query[:2]
        self.query = os.urandom(2) + query[2:]
        self.upstream = upstream
        self.servers = list(upstream.servers)
        self.on_answer = on_answer
        self.is_datagram = is_datagram
        self.socket: socket | None = None
        self.received = self.unsent = b""
        self.deadline = 0.0

    def ask(self) -> None:
        """The next server; without one the question has failed."""
        self.hang_up()
        while self.servers:
            self.deadline = time.monotonic() + TIMEOUT
            try:
                self._send()
                return
            except OSError:  # no way there
                self._give_up()
        self.on_answer(fail(self.number + self.query[2:]))

    def is_late(self) -> None:
        self._give_up()
        self.ask()

    def _give_up(self) -> None:
        self.hang_up()
        self.upstream.avoid(self.servers.pop(0))

    def _send(self) -> None:
        address = self.servers[0]
        self.socket = socket(
            AF_INET6 if ":" in address[0] else AF_INET, SOCK_DGRAM if self.is_datagram else SOCK_STREAM
        )
        self.socket.setblocking(False)
        if self.is_datagram:
            self.socket.connect(address)
            self.socket.send(self.query)
            self.forwarder.wait(self, READ)
            return
        refusal = self.socket.connect_ex(address)
        if refusal not in (0, EINPROGRESS):
            raise OSError(refusal, os.strerror(refusal))
        self.received, self.unsent = b"", len(self.query).to_bytes(2, "big") + self.query
        self.forwarder.wait(self, WRITE)

    def on_ready(self, events: int) -> None:
        try:
            reply = self._receive_datagram() if self.is_datagram else self._converse()
        except BlockingIOError:
            return
        except OSError:  # nobody listens there
            self.is_late()
            return
        if not reply or not has_same_question(reply, self.query):
            return  # nothing yet, or not from whom we asked
        if is_refusal(reply) and len(self.servers) > 1:
            self.servers.pop(0)
            self.ask()
            return
        self.hang_up()
        self.on_answer(self.number + reply[2:])

    def _receive_datagram(self) -> bytes:
        assert self.socket
        return self.socket.recv(LARGEST)

    def _converse(self) -> bytes:
        """A message is preceded by its length (RFC 1035, section 4.2.2)."""
        assert self.socket
        if self.unsent:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
            if not self.unsent:
                self.forwarder.wait(self, READ)
            return b""
        data = self.socket.recv(LARGEST)
        if not data:
            raise ConnectionResetError
        self.received += data
        length = int.from_bytes(self.received[:2], "big")
        return self.received[2 : 2 + length] if len(self.received) >= 2 + length else b""

    def hang_up(self) -> None:
        if self.socket:
            self.forwarder.forget(self)
            self.socket.close()
            self.socket = None


class Forwarder:
    """All questions that are under way."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting: dict[Asked, None] = {}  # who will be late first comes first
        self._is_looking = False  # for those that are late

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= MOST

    def ask(self, query: bytes, upstream: Upstream, on_answer: Callable[[bytes], None], *, is_datagram: bool) -> None:
        """`on_answer` gets the answer of the first server that has one, or that none has."""
        Asked(self, query, upstream, on_answer, is_datagram).ask()

    def wait(self, asked: Asked, events: int) -> None:
        assert asked.socket
        if asked in self._waiting:
            self._loop.change(asked.socket.fileno(), events)
            return
        if not self._is_looking:
            self._is_looking = True
            self._loop.after(_TICK, self._look)
        self._waiting[asked] = None
        self._loop.watch(asked.socket.fileno(), asked.on_ready, events)

    def forget(self, asked: Asked) -> None:
        assert asked.socket
        if asked in self._waiting:
            del self._waiting[asked]
            self._loop.forget(asked.socket.fileno())

    def _look(self) -> None:
        now = time.monotonic()
        for asked in tuple(self._waiting):
            if asked.deadline > now:
                break
            if asked in self._waiting:
                asked.is_late()
        self._is_looking = bool(self._waiting)
        if self._waiting:
            self._loop.after(_TICK, self._look)
