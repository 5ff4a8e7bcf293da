"""Who has a port of the host: through /proc/net to the socket, through /proc/*/fd to the process (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Iterator
from socket import AF_INET, AF_INET6, inet_ntop
from sys import byteorder

from onggi.container.network.port import do_overlap

_LISTENS = {"tcp": "0A", "udp": "07"}  # TCP_LISTEN; TCP_CLOSE, which is what UDP sockets that are bound are in


def find_process(protocol: str, address: str, port: int) -> str:
    """`nginx (process 123)`: who listens where `address` and `port` can not be taken any more; "" if nobody is seen.
    Raises nothing: processes come and go, and others may not be looked into."""
    wanted = {f"socket:[{inode}]" for inode in _sockets(protocol, address, port)}
    for pid in _processes() if wanted else ():
        try:
            if wanted.isdisjoint(_files(pid)):
                continue
            with open(f"/proc/{pid}/comm") as file:
                return f"{file.read().strip()} (process {pid})"
        except OSError:
            continue
    return ""


def _sockets(protocol: str, address: str, port: int) -> Iterator[str]:
    for name, kind in ((protocol, AF_INET), (f"{protocol}6", AF_INET6)):
        try:
            with open(f"/proc/net/{name}") as file:
                lines = file.read().splitlines()[1:]
        except FileNotFoundError:  # a kernel without IPv6
            continue
        for line in lines:
            fields = line.split()
            where, _, number = fields[1].rpartition(":")
            its_port, its_address = int(number, 16), _address(kind, where)
            if its_port == port and fields[3] == _LISTENS[protocol] and _is_in_the_way(its_address, address):
                yield fields[9]


def _is_in_the_way(its: str, address: str) -> bool:
    """A listener at [::] may have all of IPv4 too."""
    return its == "::" or do_overlap(its, address)


def _address(kind: int, text: str) -> str:
    """Words of 32 bits, each in the byte order of this machine."""
    words = (int(text[start : start + 8], 16) for start in range(0, len(text), 8))
    return inet_ntop(kind, b"".join(word.to_bytes(4, byteorder) for word in words))


def _processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdigit()]


def _files(pid: str) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    for number in os.listdir(folder):
        try:
            yield os.readlink(f"{folder}/{number}")
        except FileNotFoundError:
            continue
