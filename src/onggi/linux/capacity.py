"""Looks up what this host's control groups can limit, and what it has to share out. Asked for when there are limits: a
container without any does not pay for it."""

from __future__ import annotations

import os

from onggi.container.limits import Capacity
from onggi.linux.cgroup import Hierarchies, find
from onggi.linux.cgroup.files import read
from onggi.linux.cgroup.version1 import FILES

# Controllers of version 2 → the limits that they have. Swap is counted wherever the kernel can swap.
_OF_VERSION_2 = {
    "memory": ("memory", "memory_reservation"),
    "cpu": ("cpu_shares", "cpu_period", "cpu_quota"),
    "cpuset": ("cpuset_cpus", "cpuset_mems"),
    "pids": ("pids",),
    "io": (
        *("blkio_weight", "blkio_weight_device"),
        *("device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops"),
    ),
}
# Files that the top of a hierarchy does not have → one that it has where groups below it have them.
_STAND_INS = {
    "pids.max": "cgroup.procs",
    "blkio.weight": "blkio.bfq.io_service_bytes",
    "blkio.weight_device": "blkio.bfq.io_service_bytes",
}


def capacity(where: Hierarchies | None = None) -> Capacity:
    """As it is now for this process."""
    where = where or find()
    limits = _of_version_1(where) | _of_version_2(where)
    if "cpu_quota" in limits:
        limits.add("nano_cpus")
    return Capacity(
        limits=frozenset(limits),
        processors=len(os.sched_getaffinity(0)),
        cpus=_available(where, "cpus"),
        mems=_available(where, "mems"),
    )


def _of_version_1(where: Hierarchies) -> set[str]:
    """Limits are those of groups below `where`, which may not be there yet: what its parent has they have too."""
    return {
        name
        for name, (controller, file) in FILES.items()
        if controller in where.legacy
        and any(map(os.path.exists, _files(_above(where.legacy[controller]), file, _STAND_INS.get(file, file))))
    }


def _files(folder: str, *names: str) -> list[str]:
    return [f"{folder}/{name}" for name in names]


def _of_version_2(where: Hierarchies) -> set[str]:
    if not where.unified:
        return set()
    controllers = read(f"{_above(where.unified)}/cgroup.controllers").split()
    limits = {name for controller in controllers for name in _OF_VERSION_2.get(controller, ())}
    if "memory" in limits and os.path.exists("/proc/swaps"):
        limits.add("memory_swap")
    return limits


def _available(where: Hierarchies, what: str) -> str:
    """The processors or memory nodes that our own group may use; "" where no controller tells."""
    files = _files(_above(where.unified), f"cpuset.{what}.effective") if where.unified else []
    if "cpuset" in where.legacy:
        files += _files(_above(where.legacy["cpuset"]), f"cpuset.effective_{what}")
    return next((read(file).strip() for file in files if os.path.exists(file)), "")


def _above(folder: str) -> str:
    return os.path.dirname(folder)
