"""Network namespaces as hosts, for tests: nothing of the machine's own network is touched, and nothing stays."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onggi.linux import netns
from onggi.linux.inside import Inside
from onggi.linux.netlink import Netlink, addresses, links, routes


class Host:
    """A network namespace of the test's own."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        netns.make(self.path)
        self.namespace = netns.hold(self.path)
        self.netlink = Netlink(self.namespace)

    def end(self) -> None:
        self.netlink.close()
        os.close(self.namespace)
        netns.remove(self.path)

    def run(self, *argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """A program in there, to its end."""
        with Inside("network", self.namespace):
            return subprocess.run(argv, capture_output=True, text=True, **options)

    def sysctl(self, name: str, value: str) -> None:
        with Inside("network", self.namespace):
            Path("/proc/sys/net", name).write_text(value)

    def inside(self) -> Inside:
        return Inside("network", self.namespace)


@contextlib.contextmanager
def hosts(folder: Path, *names: str) -> Iterator[Sequence[Host]]:
    with contextlib.ExitStack() as stack:
        made = []
        for name in names:
            host = Host(folder / name)
            stack.callback(host.end)
            made.append(host)
        yield made


def connect(host: Host, name: str, other: Host, peer: str, *given: str, gateways: Sequence[str] = ()) -> None:
    """A cable from `host` to `other`, which has the given addresses there and its default routes."""
    links.add_veth(host.netlink, name, peer, other.namespace)
    links.set_up(host.netlink, name)
    links.set_up(other.netlink, peer)
    for address in given:
        addresses.add(other.netlink, peer, address)
    for gateway in gateways:
        routes.replace(other.netlink, peer, "::/0" if ":" in gateway else "0.0.0.0/0", gateway)


class Service:
    """Tells who connects, or sends a datagram, what address they have. `heard` are the datagrams in their order."""

    def __init__(self, host: Host, address: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> None:
        with host.inside():
            self._socket = socket.socket(family_of(address), kind)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family_of(address) == socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self._socket.bind((address, port))
        self.heard: list[bytes] = []
        self._thread = threading.Thread(target=self._accept if kind == socket.SOCK_STREAM else self._receive)
        if kind == socket.SOCK_STREAM:
            self._socket.listen()
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # by `end`
            while True:
                peer, address = self._socket.accept()
                with peer:
                    peer.sendall(address[0].encode())

    def _receive(self) -> None:
        while True:
            data, address = self._socket.recvfrom(1000)
            if not data:  # by `end`
                return
            self.heard.append(data)
            self._socket.sendto(address[0].encode(), address)

    def end(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:  # a socket for datagrams, which wakes up all the same
            pass
        self._thread.join()
        self._socket.close()


def seen_as(
    host: Host, address: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM, *, seconds: float = 30
) -> str:
    """The address that a service there sees `host` come from; "" if it cannot be reached."""
    with host.inside():
        peer = socket.socket(family_of(address), kind)
    with peer:
        peer.settimeout(seconds)
        try:
            peer.connect((address, port))
            if kind == socket.SOCK_DGRAM:
                peer.send(b"?")
            return peer.recv(100).decode()
        except OSError:
            return ""


def is_out_of_reach(host: Host, address: str, port: int) -> bool:
    """Where packets are dropped silence is all there is: whoever answers does it long before this time."""
    return not seen_as(host, address, port, seconds=0.4)


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
