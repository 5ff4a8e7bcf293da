"""The resolver: one process for the containers of a store, which answers inside the network namespace of each.

The engine makes the sockets there and hands them over, together with a pipe that the container's monitor holds: at its
end they are closed, for a socket keeps its namespace. The resolver itself is in the host's namespace, and asks the
host's servers from there. A while after the last container has gone it ends; who comes later starts another.

What is said, packets over a Unix socket: {container: ID, networks: their IDs, upstream: servers of its own, or None},
with a UDP socket, a TCP one that listens, the read end of the pipe, and what is to be kept until all of them are
closed; or without them of a container that is served already. The answer is READY, or nothing for one that is not.
"""

from __future__ import annotations

import marshal
import os
import time
from _socket import AF_UNIX, SOCK_SEQPACKET, socket
from functools import partial

from onggi.linux import bare, file_limit
from onggi.linux.channel import receive, send
from onggi.linux.loop import READ, WRITE, Acceptor, WideLoop
from onggi.linux.resolver.answer import HEADER, LARGEST, answer, fail
from onggi.linux.resolver.forward import Forwarder
from onggi.linux.resolver.upstream import Upstream
from onggi.linux.resolver.zone import ZoneFile, Zones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

READY = b"ready"
MOST_OF_A_CONTAINER = 256
"""Questions of one container that are under way elsewhere, so that it takes nothing from the others."""
FEW = 16
"""Those that each may have though all places of the forwarder are taken, by others."""
MOST_CONNECTIONS = 32  # of one container
MOST_UNSENT = 1 << 18  # bytes of answers that a connection has not taken; it is closed then
SILENCE = 10.0
"""Seconds after which a connection is closed (RFC 7766, section 6.2.3)."""
_GIVEN = 4  # descriptors that come with a container
AT_ONCE = 32  # questions; then it is the others' turn
BYTES_AT_ONCE = 1024  # of a connection, in which a question has 30 or so


class TcpClient:
    """A client that asks over TCP: questions one after the other, each preceded by its length (RFC 1035, 4.2.2)."""

    def __init__(self, container: Served, peer: socket) -> None:
        self.container = container
        self.peer = peer
        self.received = self.unsent = b""
        self.last = time.monotonic()
        peer.setblocking(False)
        container.resolver.loop.watch(peer.fileno(), self.on_ready)

    def on_ready(self, events: int) -> None:
        self.last = time.monotonic()
        try:
            if self.unsent:
                self._send()
            elif not self._receive():
                self.close()
        except BlockingIOError:
            return
        except OSError:
            self.close()

    def _receive(self) -> bool:
        data = self.peer.recv(BYTES_AT_ONCE)
        self.received += data
        while len(self.received) >= 2:
            length = int.from_bytes(self.received[:2], "big")
            if len(self.received) < 2 + length:
                break
            query, self.received = self.received[2 : 2 + length], self.received[2 + length :]
            if length < HEADER:
                return False
            self.container.answer(query, self.tell, is_datagram=False)
        return bool(data)

    def tell(self, reply: bytes) -> None:
        """Nothing, if it has been closed meanwhile."""
        if self not in self.container.connections:
            return
        self.unsent += len(reply).to_bytes(2, "big") + reply
        try:
            self._send()
        except BlockingIOError:
            if len(self.unsent) > MOST_UNSENT:
                self.close()
        except OSError:
            self.close()

    def _send(self) -> None:
        self.container.resolver.loop.change(self.peer.fileno(), WRITE)
        self.unsent = self.unsent[self.peer.send(self.unsent) :]
        if not self.unsent:
            self.container.resolver.loop.change(self.peer.fileno(), READ)

    def close(self) -> None:
        if self in self.container.connections:
            self.container.connections.discard(self)
            self.container.resolver.loop.forget(self.peer.fileno())
            self.peer.close()


class Served:
    """A container: the sockets in its network namespace. `networks`: whose names it may ask for, by their IDs.
    `upstream`: whom it wants asked, in place of the networks' servers."""

    def __init__(
        self,
        resolver: Resolver,
        id: str,
        networks: Sequence[str],
        upstream: Upstream | None,
        datagrams: int,
        listener: int,
        life: int,
        kept: int,
    ) -> None:
        self.resolver = resolver
        self.id = id
        self.networks = networks
        self.upstream = upstream
        self.datagrams = socket(fileno=datagrams)
        self.acceptor = Acceptor(resolver.loop, socket(fileno=listener), self.on_connection)
        self.life = life
        self.kept = kept
        self.under_way = 0
        self.connections: set[TcpClient] = set()
        self.is_closed = False
        self.datagrams.setblocking(False)
        resolver.loop.watch(datagrams, self.on_datagram)
        resolver.loop.watch(life, self.on_end)

    def on_datagram(self, events: int) -> None:
        for _ in range(AT_ONCE):
            try:
                query, address = self.datagrams.recvfrom(LARGEST)
            except BlockingIOError:
                return
            except OSError:  # an earlier answer found nobody
                continue
            self.answer(query, partial(self.tell, address), is_datagram=True)

    def tell(self, address: Any, reply: bytes) -> None:
        if self.is_closed:
            return
        try:
            self.datagrams.sendto(reply, address)
        except OSError:  # lost, as on any network
            return

    def on_connection(self, descriptor: int) -> None:
        peer = socket(fileno=descriptor)
        if len(self.connections) >= MOST_CONNECTIONS:
            peer.close()
            return
        self.connections.add(TcpClient(self, peer))

    def answer(self, query: bytes, tell: Callable[[bytes], None], *, is_datagram: bool) -> None:
        zones = self.resolver.zones(self.networks)
        upstream = self.upstream or zones.upstream
        reply = answer(query, zones, upstream, is_datagram=is_datagram)
        most = FEW if self.resolver.forwarder.is_full else MOST_OF_A_CONTAINER
        if reply is None and self.under_way >= most:
            reply = fail(query)
        if reply is not None:
            if reply:
                tell(reply)
            return
        self.under_way += 1

        def hand_on(reply: bytes) -> None:
            self.under_way -= 1
            tell(reply)

        self.resolver.forwarder.ask(query, upstream, hand_on, is_datagram=is_datagram)

    def on_end(self, events: int = 0) -> None:
        for connection in tuple(self.connections):
            connection.close()
        self.is_closed = True
        self.resolver.loop.forget(self.datagrams.fileno(), self.life)
        self.datagrams.close()
        self.acceptor.close()
        os.close(self.life)
        os.close(self.kept)
        self.resolver.on_end(self)


class Resolver:
    """`listener` is where sockets are handed over; in `folder` each network has one by its ID, with the file `names`;
    `grace` are seconds that it stays without any container."""

    def __init__(self, listener: socket, folder: str, names: str, grace: float) -> None:
        self.loop = WideLoop()
        self.forwarder = Forwarder(self.loop)
        self.folder = folder
        self.names = names
        self.zone_files: dict[str, ZoneFile] = {}
        self.containers: set[Served] = set()
        self.grace = grace
        self.is_wanted = True
        self.acceptor = Acceptor(self.loop, listener, self.on_engine)
        self.end = self.loop.after(grace, self.stop)
        self.loop.after(SILENCE, self.close_silent)

    def serve(self) -> None:
        while self.is_wanted:
            self.loop.turn()

    def stop(self) -> None:
        self.is_wanted = False

    def on_engine(self, descriptor: int) -> None:
        engine = socket(AF_UNIX, SOCK_SEQPACKET, 0, descriptor)
        engine.setblocking(True)
        self.loop.watch(descriptor, lambda events: self.hear(engine))

    def hear(self, engine: socket) -> None:
        """What it wants, once it has said so: who is stopped in between keeps nobody waiting."""
        self.loop.forget(engine.fileno())
        message, descriptors = receive(engine)
        if message and self.take(marshal.loads(message), descriptors):
            send(engine, READY)
        engine.close()

    def take(self, about: dict[str, Any], descriptors: Sequence[int]) -> bool:
        """Serve a container, or one that is served in other networks; False if it is not, or if not all that it needs
        has come: the kernel leaves out descriptors that we may not have any more."""
        if 0 < len(descriptors) < _GIVEN:
            for descriptor in descriptors:
                os.close(descriptor)
            return False
        if descriptors:
            self.loop.cancel(self.end)
            upstream = None if about["upstream"] is None else Upstream(about["upstream"])
            self.containers.add(Served(self, about["container"], about["networks"], upstream, *descriptors))
            self.look_around()
            return True
        served = [each for each in self.containers if each.id == about["container"]]
        for container in served:
            container.networks = about["networks"]
        self.look_around()
        return bool(served)

    def on_end(self, container: Served) -> None:
        self.containers.discard(container)
        self.look_around()
        if not self.containers:
            self.end = self.loop.after(self.grace, self.stop)

    def zones(self, networks: Sequence[str]) -> Zones:
        return Zones([self.zone_files[network].read() for network in networks])

    def look_around(self) -> None:
        """Who is there, and in which networks."""
        present = frozenset(container.id for container in self.containers)
        networks = {network for container in self.containers for network in container.networks}
        for gone in self.zone_files.keys() - networks:
            del self.zone_files[gone]
        for network in networks:
            path = f"{self.folder}/{network}/{self.names}"
            self.zone_files.setdefault(network, ZoneFile(path)).present = present

    def close_silent(self) -> None:
        oldest = time.monotonic() - SILENCE
        for container in self.containers:
            for connection in tuple(container.connections):
                if connection.last < oldest:
                    connection.close()
        self.loop.after(SILENCE, self.close_silent)


def main() -> None:
    control = bare.begin()
    file_limit.raise_own()
    ((about, (listener,)),) = bare.told(control)
    resolver = Resolver(socket(AF_UNIX, SOCK_SEQPACKET, 0, listener), **about)
    bare.stay(control)
    resolver.serve()
    os._exit(0)  # nothing here needs the interpreter taken apart
