"""All that the kernel has counted for a group, under Docker's names (moby, api/types/container/stats.go). Each part
is from the version of control groups that has its controller here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from onggi.linux.cgroup.files import keyed, read
from onggi.linux.cgroup.group import Group
from onggi.linux.cgroup.version2 import Version2

Document: TypeAlias = dict[str, Any]

_UNLIMITED_PIDS = (1 << 64) - 1
_TICKS = os.sysconf("SC_CLK_TCK")
# A field of Docker's → the file of version 1 that has it.
_BLOCK_FILES: Mapping[str, tuple[str, ...]] = {
    "io_service_bytes_recursive": (
        "blkio.throttle.io_service_bytes_recursive",
        "blkio.throttle.io_service_bytes",
    ),
    "io_serviced_recursive": ("blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced"),
}
_OTHER_BLOCK_FIELDS = (
    "io_queue_recursive",
    "io_service_time_recursive",
    "io_wait_time_recursive",
    "io_merged_recursive",
    "io_time_recursive",
    "sectors_recursive",
)
"""Which no scheduler of today counts."""
# A key of io.stat → Docker's field and what was done.
_IO = {
    "rbytes": ("io_service_bytes_recursive", "read"),
    "wbytes": ("io_service_bytes_recursive", "write"),
    "rios": ("io_serviced_recursive", "read"),
    "wios": ("io_serviced_recursive", "write"),
}


def cpu(group: Group) -> Document:
    """`cpu_usage` and `throttling_data`; times in nanoseconds."""
    usage = _use1(group.legacy["cpuacct"]) if "cpuacct" in group.legacy else _use2(group.unified)
    return {"cpu_usage": usage, "throttling_data": _throttling(group)}


def memory(group: Group, most: int) -> Document:
    """`most`: what the machine has, in bytes; no limit is above it. Empty where it is not counted."""
    if "memory" in group.legacy:
        return _memory1(group.legacy["memory"], most)
    return _memory2(group.unified, most) if _has(group, "memory") else {}


def pids(group: Group) -> Document:
    folder = group.legacy.get("pids") or (group.unified if _has(group, "pids") else "")
    if not folder:
        return {}
    most = read(f"{folder}/pids.max").strip()
    return {
        "current": int(read(f"{folder}/pids.current")),
        "limit": _UNLIMITED_PIDS if most == "max" else int(most),
    }


def blocks(group: Group) -> Document:
    """What was read from and written to block devices, by device."""
    found: Document = dict.fromkeys((*_BLOCK_FILES, *_OTHER_BLOCK_FIELDS))
    if "blkio" in group.legacy:
        for field, names in _BLOCK_FILES.items():
            found[field] = list(_entries1(group.legacy["blkio"], names)) or None
    elif _has(group, "blkio"):
        for field, entry in _entries2(group.unified):
            found[field] = [*(found[field] or ()), entry]
    return found


def system_cpu() -> int:
    """Nanoseconds that all processors of the machine have counted (proc(5), /proc/stat, without what guests had)."""
    with open("/proc/stat") as lines:
        return sum(int(word) for word in lines.readline().split()[1:8]) * 1_000_000_000 // _TICKS


def _has(group: Group, controller: str) -> bool:
    return bool(group.unified) and Version2(group.unified).has(controller)


def _use1(folder: str) -> Document:
    ticks = keyed(f"{folder}/cpuacct.stat")
    return {
        "total_usage": int(read(f"{folder}/cpuacct.usage")),
        "percpu_usage": [int(word) for word in read(f"{folder}/cpuacct.usage_percpu").split()],
        "usage_in_kernelmode": ticks["system"] * 1_000_000_000 // _TICKS,
        "usage_in_usermode": ticks["user"] * 1_000_000_000 // _TICKS,
    }


def _use2(folder: str) -> Document:
    found = keyed(f"{folder}/cpu.stat")
    return {
        "total_usage": found["usage_usec"] * 1000,
        "usage_in_kernelmode": found["system_usec"] * 1000,
        "usage_in_usermode": found["user_usec"] * 1000,
    }


def _throttling(group: Group) -> Document:
    found: dict[str, int] = {}
    if "cpu" in group.legacy:
        found = keyed(f"{group.legacy['cpu']}/cpu.stat")
    elif _has(group, "cpu"):
        found = keyed(f"{group.unified}/cpu.stat")
    return {
        "periods": found.get("nr_periods", 0),
        "throttled_periods": found.get("nr_throttled", 0),
        "throttled_time": found.get("throttled_time", 1000 * found.get("throttled_usec", 0)),
    }


def _memory1(folder: str, most: int) -> Document:
    number = _numbers(folder)
    return {
        "usage": number("memory.usage_in_bytes"),
        "max_usage": number("memory.max_usage_in_bytes"),
        "stats": keyed(f"{folder}/memory.stat"),
        "failcnt": number("memory.failcnt"),
        "limit": min(number("memory.limit_in_bytes"), most),
    }


def _memory2(folder: str, most: int) -> Document:
    limit = read(f"{folder}/memory.max").strip()
    return {
        "usage": int(read(f"{folder}/memory.current")),
        "stats": keyed(f"{folder}/memory.stat"),
        "failcnt": keyed(f"{folder}/memory.events").get("oom", 0),
        "limit": most if limit == "max" else min(int(limit), most),
    }


def _numbers(folder: str) -> Callable[[str], int]:
    return lambda name: int(read(f"{folder}/{name}"))


def _entries1(folder: str, names: tuple[str, ...]) -> Iterator[Document]:
    path = next(filter(os.path.exists, (f"{folder}/{name}" for name in names)), os.devnull)
    for words in map(str.split, read(path).splitlines()):
        if len(words) == 3:
            yield _entry(words[0], words[1], int(words[2]))


def _entries2(folder: str) -> Iterator[tuple[str, Document]]:
    for line in read(f"{folder}/io.stat").splitlines():
        device, *pairs = line.split()
        for key, _, number in (pair.partition("=") for pair in pairs):
            if key in _IO:
                field, action = _IO[key]
                yield field, _entry(device, action, int(number))


def _entry(device: str, action: str, number: int) -> Document:
    major, _, minor = device.partition(":")
    return {"major": int(major), "minor": int(minor), "op": action, "value": number}
