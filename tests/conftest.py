"""What tests of several folders share."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from onggi.linux import inside, syscalls
from onggi.linux.netlink import Netlink, links

settings.register_profile("timeless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("timeless")  # how long a machine takes decides no test


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Of fifteen thousand tests nothing is garbage until the end, so nothing of them is looked through for some: not
    while they are collected, which takes a third less time, and not while they run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def own_network() -> Iterator[int]:
    """This process, and what it starts, is in a network namespace of its own, with a loopback and nothing else: what
    tests make there no other process can take from them, and it goes with the last that is in it. A descriptor of the
    machine's own, for who needs that."""
    machine = inside.open_namespace("/proc/self", "network")
    syscalls.unshare(syscalls.NAMESPACES["network"])
    with Netlink() as netlink:
        links.set_up(netlink, "lo")
    try:
        yield machine
    finally:
        syscalls.join(machine, ("network",))
        os.close(machine)


@pytest.fixture
def machines_network(own_network: int) -> Iterator[None]:
    """The test is in the machine's network namespace after all: it needs what the machine can reach."""
    with inside.Inside("network", own_network):
        yield
