"""What a container may use, as its control groups are told: plain names and numbers, which travel to the launcher.
linux/cgroup knows which files they are for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from onggi.container.spec import DeviceLimit, Resources

PERIOD = 100_000
"""Microseconds in which --cpus is measured; the kernel's default too."""

OF_DEVICES = ("blkio_weight_device", "device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops")

LEAST_SHARES, MOST_SHARES = 2, 1 << 18


def swap_limit(resources: Resources) -> int:
    """Bytes of memory and swap together, -1 for no limit; twice the memory unless another is asked for."""
    return resources.memory_swap or 2 * resources.memory or -1


def devices(resources: Resources) -> frozenset[str]:
    """The paths of the block devices that have limits of their own."""
    return frozenset(path for name in OF_DEVICES for path, _ in getattr(resources, name))


def controls(resources: Resources, numbers: Mapping[str, str] = {}) -> dict[str, Any]:
    """What is set, in the units of both versions' files. `numbers`: device path → its `major:minor`.

    Bytes, microseconds, counts; -1 is unlimited, and 0 takes away the limit of a device. memory_swap counts memory in,
    as version 1 does; swap does not. cpu_weight and io_weight are version 2's for cpu_shares and blkio_weight.
    """
    return dict(_controls(resources, numbers))


def _controls(r: Resources, numbers: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    if r.memory:
        total = swap_limit(r)
        yield from (("memory", r.memory), ("memory_swap", total), ("swap", -1 if total == -1 else total - r.memory))
    if r.memory_swappiness is not None:
        yield "memory_swappiness", r.memory_swappiness
    if r.oom_kill_disable:
        yield "oom_kill_disable", 1
    if r.nano_cpus:
        yield from (("cpu_period", PERIOD), ("cpu_quota", r.nano_cpus * PERIOD // 10**9))
    if r.cpu_shares:
        yield from (("cpu_shares", r.cpu_shares), ("cpu_weight", cpu_weight(r.cpu_shares)))
    for name in ("memory_reservation", "cpu_period", "cpu_quota", "cpuset_cpus", "cpuset_mems"):
        if value := getattr(r, name):
            yield name, value
    if r.pids:
        yield "pids", max(r.pids, -1)
    if r.blkio_weight:
        yield from (("blkio_weight", r.blkio_weight), ("io_weight", io_weight(r.blkio_weight)))
    if r.blkio_weight_device:
        weights = _numbered(r.blkio_weight_device, numbers)
        yield "blkio_weight_device", weights
        yield "io_weight_device", [(number, io_weight(weight) if weight else 0) for number, weight in weights]
    for name in OF_DEVICES[1:]:
        if limits := getattr(r, name):
            yield name, _numbered(limits, numbers)


def _numbered(limits: tuple[DeviceLimit, ...], numbers: Mapping[str, str]) -> list[tuple[str, int]]:
    return [(numbers[path], value) for path, value in limits]


def cpu_weight(shares: int) -> int:
    """Version 1's shares (2 to 262144, 1024 for most) as version 2's weight (1 to 10000, 100 for most): its exponent is
    the parabola through these three, as in runc since 1.3.2."""
    if shares <= LEAST_SHARES:
        return 1
    if shares >= MOST_SHARES:
        return 10000
    power = math.log2(shares)
    return math.ceil(10 ** ((power * power + 125 * power) / 612 - 7 / 34))


def io_weight(weight: int) -> int:
    """Version 1's 10 to 1000 as io.weight's 1 to 10000."""
    return 1 + (weight - 10) * 9999 // 990
