"""What has gone through the interfaces of a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

RECEIVED, SENT = 0, 8
"""The places of bytes among what is counted."""


def counted(pid: int) -> Iterator[tuple[str, Sequence[int]]]:
    """Each interface but the loopback of the network that the process is in, with its 16 counts (proc(5),
    /proc/pid/net/dev). Raises FileNotFoundError, ProcessLookupError."""
    with open(f"/proc/{pid}/net/dev") as lines:
        for line in lines:
            interface, colon, numbers = line.partition(":")
            if colon and interface.strip() != "lo":
                yield interface.strip(), [int(number) for number in numbers.split()]
