"""What the kernel has counted for a container: Docker's whole document, from which clients compute what they show."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from onggi.container.life import RUNNING
from onggi.engine.container.household import Household
from onggi.engine.container.stats import SECONDS
from onggi.engine.dates import rfc3339
from onggi.errors import NotFound
from onggi.linux import interfaces
from onggi.linux.cgroup import Group, accounts, group_of
from onggi.store.containers import ContainerRow

Document: TypeAlias = dict[str, Any]

_NETWORK_FIELDS = {
    "rx_bytes": 0,
    "rx_packets": 1,
    "rx_errors": 2,
    "rx_dropped": 3,
    "tx_bytes": 8,
    "tx_packets": 9,
    "tx_errors": 10,
    "tx_dropped": 11,
}
"""Their places among what is counted of an interface."""
_NEVER = "0001-01-01T00:00:00Z"
_NO_CPU: Document = {
    "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
    "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
}


def watch(house: Household, name: str, pause: Callable[[float], object]) -> Iterator[Document]:
    """Once a second, until it is removed; zeros as long as it does not run. The first has nothing to compare with."""
    row = house.row(name)
    before: Document = {}
    while True:
        now = _look(house, row)
        yield _since(before, now)
        before = now
        pause(SECONDS)
        try:
            row = house.store.containers.get(row.id)
        except NotFound:
            return


def once(house: Household, name: str, pause: Callable[[float], object], compares: bool) -> Document:
    """compares: with what was a second before, if it runs."""
    row = house.row(name)
    before = _look(house, row) if compares else {}
    if before.get("read"):
        pause(SECONDS)
    return _since(before, _look(house, row))


def _since(before: Document, now: Document) -> Document:
    return {
        **now,
        "read": now.get("read", _NEVER),
        "preread": before.get("read", _NEVER),
        "precpu_stats": before.get("cpu_stats", _NO_CPU),
    }


def _look(house: Household, row: ContainerRow) -> Document:
    about = {"id": row.id, "name": f"/{row.name}", "os_type": "linux", "num_procs": 0, "storage_stats": {}}
    state = house.state(row)
    if state.status in RUNNING and state.pid:
        try:
            has_network = row.spec.networking.mode != "host"
            return {**about, **_counted(group_of(state.pid, row.id), state.pid, has_network)}
        except (FileNotFoundError, ProcessLookupError):
            pass  # it ends just now
    return {**about, "pids_stats": {}, "blkio_stats": {}, "cpu_stats": _NO_CPU, "memory_stats": {}}


def _counted(group: Group, pid: int, has_network: bool) -> Document:
    most_memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found: Document = {
        "read": rfc3339(time.time()),
        "pids_stats": accounts.pids(group),
        "blkio_stats": accounts.blocks(group),
        "cpu_stats": {
            **accounts.cpu(group),
            "system_cpu_usage": accounts.system_cpu(),
            "online_cpus": os.sysconf("SC_NPROCESSORS_ONLN"),
        },
        "memory_stats": accounts.memory(group, most_memory),
    }
    if networks := _networks(pid) if has_network else {}:
        found["networks"] = networks
    return found


def _networks(pid: int) -> Document:
    """Of each interface but the loopback."""
    return {
        interface: {field: counts[place] for field, place in _NETWORK_FIELDS.items()}
        for interface, counts in interfaces.counted(pid)
    }
