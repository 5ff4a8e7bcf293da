"""A network of the benchmark's own: neither its links and rules nor its ports are this machine's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onggi.linux.inside import Inside
from onggi.linux.netns import new

_CONGESTION_CONTROL = Path("/proc/sys/net/ipv4/tcp_congestion_control")


@contextmanager
def own_network() -> Iterator[None]:
    """What is done and started in the block is in a network namespace that has its loopback alone."""
    with namespace() as descriptor, Inside("network", descriptor):
        yield


@contextmanager
def namespace() -> Iterator[int]:
    """Its congestion control is the plain one: a host may have one for far networks, like bbr, which paces packets and
    so halves what goes from one of its links to another."""
    descriptor = new()
    try:
        with Inside("network", descriptor):
            _CONGESTION_CONTROL.write_text("reno")
        yield descriptor
    finally:
        os.close(descriptor)
