"""UDP through the port keeper: a socket to the container for each client, until both have been silent for a while."""

from __future__ import annotations

import time
from _socket import AF_INET, IPPROTO_IP, IPPROTO_IPV6, IPV6_RECVPKTINFO, SO_DOMAIN, SOCK_DGRAM, SOL_SOCKET, socket
from struct import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from onggi.linux.loop import WideLoop
    from onggi.linux.ports.target import Target

    Key: TypeAlias = tuple[object, bytes]

SILENCE = 90.0
"""Seconds after which a client is forgotten."""
SWEEP = 10.0  # seconds from one look for such to the next
MOST_CLIENTS = 4096  # of one port; then the one that has been silent for longest goes
DATAGRAMS_AT_ONCE = 64  # then it is the others' turn
LONGEST = 65536
_IP_PKTINFO = 8
_ROOM = 64  # for the address that a datagram was sent to


class Client:
    """Who sent a datagram, and how it is answered: from the address that it had sent to. `server` is connected to
    `place` in the container."""

    __slots__ = ("address", "last", "origin", "place", "server")

    def __init__(
        self, server: socket, place: Any, address: Any, origin: list[tuple[int, int, bytes]], now: float
    ) -> None:
        self.server = server
        self.place = place
        self.address = address
        self.origin = origin
        self.last = now


class Datagrams:
    """Between one listener and one port of the container."""

    _buffer = memoryview(bytearray(LONGEST))  # of all ports: a datagram has gone on before the next one is read

    def __init__(self, loop: WideLoop, listener: socket, target: Target) -> None:
        self._loop = loop
        self._listener = listener
        self._target = target
        self._clients: dict[Key, Client] = {}  # who was silent for longest comes first
        listener.setblocking(False)
        if listener.getsockopt(SOL_SOCKET, SO_DOMAIN) == AF_INET:
            listener.setsockopt(IPPROTO_IP, _IP_PKTINFO, 1)
        else:
            listener.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        loop.watch(listener.fileno(), self._on_listener)

    def _on_listener(self, events: int) -> None:
        now = time.monotonic()
        for _ in range(DATAGRAMS_AT_ONCE):
            try:
                size, ancillary, _, address = self._listener.recvmsg_into([self._buffer], _ROOM)
            except BlockingIOError:
                return
            except OSError:  # an earlier answer did not arrive, says the network
                continue
            if client := self._client(address, ancillary, now):
                _send(lambda: client.server.send(self._buffer[:size]))  # noqa: B023

    def _client(self, address: Any, ancillary: list[tuple[int, int, bytes]], now: float) -> Client | None:
        origin = [_source(*each) for each in ancillary]
        key = (address, origin[0][2] if origin else b"")
        known = self._clients.get(key)
        if known and known.place != self._target.place:
            self._forget(key)
        client = self._clients.pop(key, None) or self._connect(key, address, origin, now)
        if client:
            client.last = now
            self._clients[key] = client
        return client

    def _connect(self, key: Key, address: Any, origin: list[tuple[int, int, bytes]], now: float) -> Client | None:
        if len(self._clients) >= MOST_CLIENTS:
            self._forget(next(iter(self._clients)))
        server = None
        try:
            server = socket(self._target.family, SOCK_DGRAM)
            server.setblocking(False)
            server.connect(self._target.place)
        except OSError:  # no way there, or no descriptor is left: the datagram is lost, as on any network
            if server:
                server.close()
            return None
        client = Client(server, self._target.place, address, origin, now)
        self._loop.watch(server.fileno(), lambda events: self._on_server(client, key))
        if not self._clients:
            self._loop.after(SWEEP, self._sweep)
        return client

    def _on_server(self, client: Client, key: Key) -> None:
        for _ in range(DATAGRAMS_AT_ONCE):
            try:
                size = client.server.recv_into(self._buffer)
            except BlockingIOError:
                break
            except OSError:  # nobody listens there now
                continue
            _send(lambda: self._listener.sendmsg([self._buffer[:size]], client.origin, 0, client.address))  # noqa: B023
        client.last = time.monotonic()
        if key in self._clients:
            self._clients[key] = self._clients.pop(key)

    def _sweep(self) -> None:
        oldest = time.monotonic() - SILENCE
        for key, client in tuple(self._clients.items()):
            if client.last > oldest:
                break
            self._forget(key)
        if self._clients:
            self._loop.after(SWEEP, self._sweep)

    def _forget(self, key: Key) -> None:
        client = self._clients.pop(key)
        self._loop.forget(client.server.fileno())
        client.server.close()


def _source(level: int, kind: int, data: bytes) -> tuple[int, int, bytes]:
    """What makes an answer come from where the question went to (ip(7), ipv6(7)); the way is the kernel's choice."""
    if level == IPPROTO_IP:
        return level, kind, pack("i4s4s", 0, data[4:8], bytes(4))
    return level, kind, data[:16] + bytes(4)


def _send(call: Callable[[], object]) -> None:
    """Twice, where the first call does no more than tell that an earlier datagram found nobody. What can not be sent is
    lost, as on any network."""
    for _ in range(2):
        try:
            call()
        except ConnectionRefusedError:
            continue
        except OSError:
            return
        return
