"""Network namespaces as hosts, for tests: nothing of the machine's own network is touched, and nothing stays."""

from __future__ import annotations

import contextlib
import os
import subprocess
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
        routes.add(other.netlink, peer, "::/0" if ":" in gateway else "0.0.0.0/0", gateway)
