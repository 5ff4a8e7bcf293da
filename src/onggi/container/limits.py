"""What a container may be limited to: what is asked for, held against what the host can limit.

`check` has Docker's minimums, and its sentences for what is wrong (moby, daemon/daemon_unix.go).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

import msgspec
from msgspec.structs import asdict, replace

from onggi.container.resources import LEAST_SHARES, MOST_SHARES, OF_DEVICES
from onggi.container.spec import Resources
from onggi.errors import Conflict, Invalid, Unsupported

LEAST_MEMORY = 6 << 20
"""What a program needs to start at all, by Docker's judgement."""


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What this host can limit, and what it has to share out.

    limits: the fields of Resources that its control groups have. cpus and mems: the processors and memory nodes that a
    container may be given, as in cpuset(7); "" where that is not known.
    """

    limits: frozenset[str] = frozenset(Resources.__struct_fields__)
    processors: int = 1
    cpus: str = ""
    mems: str = ""


# What is wrong

_Rule: TypeAlias = tuple[Callable[[Resources, Capacity], bool], str]

_RULES: tuple[_Rule, ...] = (
    (lambda r, c: 0 < r.memory < LEAST_MEMORY, "Minimum memory limit allowed is 6MB"),
    (
        lambda r, c: r.memory > 0 and 0 < r.memory_swap < r.memory,
        "Minimum memoryswap limit should be larger than memory limit, see usage",
    ),
    (
        lambda r, c: r.memory == 0 and r.memory_swap > 0,
        "You should always set the Memory limit when using Memoryswap limit, see usage",
    ),
    (
        lambda r, c: not 0 <= (r.memory_swappiness or 0) <= 100,
        "Invalid value: {r.memory_swappiness}, valid memory swappiness range is 0-100",
    ),
    (lambda r, c: 0 < r.memory_reservation < LEAST_MEMORY, "Minimum memory reservation allowed is 6MB"),
    (
        lambda r, c: 0 < r.memory < r.memory_reservation,
        "Minimum memory limit can not be less than memory reservation limit, see usage",
    ),
    (
        lambda r, c: r.nano_cpus > 0 and r.cpu_period > 0,
        "Conflicting options: Nano CPUs and CPU Period cannot both be set",
    ),
    (
        lambda r, c: r.nano_cpus > 0 and r.cpu_quota > 0,
        "Conflicting options: Nano CPUs and CPU Quota cannot both be set",
    ),
    (
        lambda r, c: r.nano_cpus != 0 and not 10**7 <= r.nano_cpus <= c.processors * 10**9,
        "Range of CPUs is from 0.01 to {c.processors}.00, as there are only {c.processors} CPUs available",
    ),
    (
        lambda r, c: r.cpu_shares != 0 and r.cpu_shares < LEAST_SHARES,
        f"the minimum allowed cpu-shares is {LEAST_SHARES}",
    ),
    (lambda r, c: r.cpu_shares > MOST_SHARES, f"the maximum allowed cpu-shares is {MOST_SHARES}"),
    (
        lambda r, c: r.cpu_period != 0 and not 1000 <= r.cpu_period <= 1_000_000,
        "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
    ),
    (
        lambda r, c: r.cpu_quota not in (0, -1) and r.cpu_quota < 1000,
        "CPU cfs quota can not be less than 1ms (i.e. 1000)",
    ),
    (
        lambda r, c: not members(r.cpuset_cpus, "cpus") <= members(c.cpus or r.cpuset_cpus, "cpus"),
        "Requested CPUs are not available - requested {r.cpuset_cpus}, available: {c.cpus}",
    ),
    (
        lambda r, c: not members(r.cpuset_mems, "mems") <= members(c.mems or r.cpuset_mems, "mems"),
        "Requested memory nodes are not available - requested {r.cpuset_mems}, available: {c.mems}",
    ),
    (
        lambda r, c: r.blkio_weight != 0 and not 10 <= r.blkio_weight <= 1000,
        "Range of blkio weight is from 10 to 1000",
    ),
)

# What a host without it gives instead: nothing, and this warning.
_MISSING = {
    "memory": "Your kernel does not support memory limit capabilities or the cgroup is not mounted. "
    "Limitation discarded.",
    "memory_reservation": "Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. "
    "Limitation discarded.",
    "memory_swappiness": "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. "
    "Memory swappiness discarded.",
    "oom_kill_disable": "Your kernel does not support OomKillDisable. OomKillDisable discarded.",
    "pids": "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.",
    "cpu_shares": "Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.",
    "cpu_period": "Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.",
    "cpu_quota": "Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.",
    "cpuset_cpus": "Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.",
    "cpuset_mems": "Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.",
    "blkio_weight": "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.",
    "blkio_weight_device": "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. "
    "Weight-device discarded.",
    "device_read_bps": "Your kernel does not support BPS Block I/O read limit or the cgroup is not mounted. "
    "Block I/O BPS read limit discarded.",
    "device_write_bps": "Your kernel does not support BPS Block I/O write limit or the cgroup is not mounted. "
    "Block I/O BPS write limit discarded.",
    "device_read_iops": "Your kernel does not support IOPS Block read limit or the cgroup is not mounted. "
    "Block I/O IOPS read limit discarded.",
    "device_write_iops": "Your kernel does not support IOPS Block write limit or the cgroup is not mounted. "
    "Block I/O IOPS write limit discarded.",
}
_NO_SWAP = (
    "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap."
)
_NO_OOM_KILL = (
    "OOM killer is disabled for the container, but no memory limit is set, "
    "this can result in the system running out of resources."
)


def check(asked: Resources, capacity: Capacity) -> tuple[Resources, tuple[str, ...]]:
    """What of it this host gives, and a warning for each limit that it cannot set. Raises Invalid for what is wrong,
    Unsupported for --cpus where the kernel cannot share out processors by time."""
    if asked.nano_cpus and "nano_cpus" not in capacity.limits:
        raise Unsupported(
            "NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted"
        )
    default = Resources()
    lost = [name for name in _MISSING if name not in capacity.limits and getattr(asked, name) != getattr(default, name)]
    given = replace(asked, **{name: getattr(default, name) for name in lost})
    warnings = [_MISSING[name] for name in lost]
    if "memory" in lost:
        given = replace(given, memory_swap=0)
    if given.memory and given.memory_swap != -1 and "memory_swap" not in capacity.limits:
        given = replace(given, memory_swap=-1)
        warnings.append(_NO_SWAP)
    if given.oom_kill_disable and not given.memory:
        warnings.append(_NO_OOM_KILL)
    for is_wrong, sentence in _RULES:
        if is_wrong(given, capacity):
            raise Invalid(sentence.format(r=given, c=capacity))
    return given, tuple(dict.fromkeys(warnings))


def members(text: str, what: str) -> frozenset[int]:
    """`0-2,5` as numbers (cpuset(7), "List format"). Raises Invalid."""
    return frozenset(number for part in text.split(",") if text for number in _range(part, text, what))


def _range(part: str, text: str, what: str) -> range:
    first, dash, last = part.partition("-")
    last = last if dash else first
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last) < 1 << 13):
        raise Invalid(f"Invalid value {text} for cpuset {what}", hint="write numbers and ranges, as 0-2,5")
    return range(int(first), int(last) + 1)


# What changes

# A field that is set anew, a field that is set already, and why they do not go together.
_CONFLICTS = (
    ("nano_cpus", "cpu_period", "Nano CPUs cannot be updated as CPU Period has already been set"),
    ("nano_cpus", "cpu_quota", "Nano CPUs cannot be updated as CPU Quota has already been set"),
    ("cpu_period", "nano_cpus", "CPU Period cannot be updated as NanoCPUs has already been set"),
    ("cpu_quota", "nano_cpus", "CPU Quota cannot be updated as NanoCPUs has already been set"),
)


def merge(now: Resources, changes: Resources, replaced: Collection[str] = ()) -> Resources:
    """`now` with what `changes` sets; the fields of devices that are `replaced` have those of `changes` alone, and 0
    for each other device that had a limit. Raises Conflict where the two do not go together."""
    for new, old, sentence in _CONFLICTS:
        if getattr(changes, new) > 0 and getattr(now, old) > 0:
            raise Conflict(f"Conflicting options: {sentence}")
    if changes.memory > now.memory_swap > 0 and not changes.memory_swap:
        raise Conflict(
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
        )
    default = Resources()
    fresh = {name: value for name, value in asdict(changes).items() if value != getattr(default, name)}
    for name in replaced:
        gone = ((path, 0) for path, _ in getattr(now, name))
        fresh[name] = tuple(dict((*gone, *getattr(changes, name))).items())
    for name in OF_DEVICES:
        if name in fresh and name not in replaced:  # of a device that has a limit already, the new one counts
            fresh[name] = tuple(dict((*getattr(now, name), *fresh[name])).items())
    return replace(now, **fresh)


def settled(resources: Resources) -> Resources:
    """Without the devices whose limits were taken away."""
    kept = {name: tuple(limit for limit in getattr(resources, name) if limit[1]) for name in OF_DEVICES}
    return replace(resources, **kept)
