"""How much of what was sent over a connection its client has not read yet."""

from __future__ import annotations

import socket
import sys
from fcntl import ioctl
from ipaddress import IPv6Address, ip_address
from termios import TIOCOUTQ

_TABLES = {4: "/proc/net/tcp", 6: "/proc/net/tcp6"}
_LOCAL, _REMOTE, _QUEUES = 1, 2, 4
"""Columns of these (proc_pid_net(5))."""


def unread(connection: socket.socket) -> int:
    """Bytes; 0 where nobody is there. Over TCP to another machine: the bytes not yet acknowledged. How many of the
    others its program has read, no kernel knows."""
    unsent = int.from_bytes(ioctl(connection, TIOCOUTQ, bytes(4)), sys.byteorder)
    if unsent or connection.family == socket.AF_UNIX:
        return unsent
    return _received(connection)


def _received(connection: socket.socket) -> int:
    """What waits at the other end, if that is on this machine, too."""
    try:
        ours, theirs = connection.getsockname()[:2], connection.getpeername()[:2]
    except OSError:  # it has gone
        return 0
    version, local = _written(*theirs)
    _, remote = _written(*ours)
    with open(_TABLES[version]) as table:
        for line in table:
            columns = line.split()
            if columns[_LOCAL] == local and columns[_REMOTE] == remote:
                return int(columns[_QUEUES].partition(":")[2], 16)
    return 0


def _written(host: str, port: int) -> tuple[int, str]:
    """The IP's version, and an address as the tables have it: words in the machine's order of bytes."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    packed = address.packed
    words = (int.from_bytes(packed[start : start + 4], sys.byteorder) for start in range(0, len(packed), 4))
    return address.version, "".join(f"{word:08X}" for word in words) + f":{port:04X}"
