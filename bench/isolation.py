"""A network of the benchmark's own: neither its links and rules nor its ports are this machine's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from onggi.linux.inside import Inside
from onggi.linux.netns import new


@contextmanager
def own_network() -> Iterator[None]:
    """What is done and started in the block is in a network namespace that has its loopback alone."""
    with namespace() as descriptor, Inside("network", descriptor):
        yield


@contextmanager
def namespace() -> Iterator[int]:
    descriptor = new()
    try:
        yield descriptor
    finally:
        os.close(descriptor)
