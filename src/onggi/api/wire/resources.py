"""Limits as clients ask for them (moby, api/types/container, Resources) → those of a spec."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import field

from onggi.container import device_options, restart_policy, rlimit, spec
from onggi.container.spec import Device, DeviceLimit, Rlimit
from onggi.errors import Invalid, Unsupported

Int64: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class WeightDevice(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    path: str = ""
    weight: Int64 = 0


class ThrottleDevice(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`rate`: bytes or operations a second."""

    path: str = ""
    rate: Int64 = 0


class DeviceMapping(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    path_on_host: str = ""
    path_in_container: str = ""
    cgroup_permissions: str = ""


class DeviceRequest(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Devices that a vendor's driver is to choose."""

    driver: str = ""
    count: Int64 = 0
    device_ids: tuple[str, ...] = field(default=(), name="DeviceIDs")
    capabilities: tuple[tuple[str, ...], ...] = ()
    options: dict[str, str] = {}


class Ulimit(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    name: str = ""
    soft: Int64 = 0
    hard: Int64 = 0


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What an update sets, and what its client is to be warned of. replaced: the fields of `limits` that say all there
    is of devices. Without a policy's name the policy stays."""

    limits: spec.Resources
    restart: spec.RestartPolicy | None
    replaced: tuple[str, ...]
    warnings: tuple[str, ...]


class RestartPolicy(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    name: str = ""
    maximum_retry_count: Int64 = 0


class Resources(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What a container may use. What only Windows has (CpuCount, CpuPercent, IOMaximum…) is passed over, as Docker does
    on Linux, and so is KernelMemory, which Docker has taken out."""

    blkio_device_read_bps: tuple[ThrottleDevice, ...] | None = None
    blkio_device_read_iops: tuple[ThrottleDevice, ...] | None = field(default=None, name="BlkioDeviceReadIOps")
    blkio_device_write_bps: tuple[ThrottleDevice, ...] | None = None
    blkio_device_write_iops: tuple[ThrottleDevice, ...] | None = field(default=None, name="BlkioDeviceWriteIOps")
    blkio_weight: Int64 = 0
    blkio_weight_device: tuple[WeightDevice, ...] | None = None
    cgroup_parent: str = ""
    cpu_period: Int64 = 0
    cpu_quota: Int64 = 0
    cpu_realtime_period: Int64 = 0
    cpu_realtime_runtime: Int64 = 0
    cpu_shares: Int64 = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    device_cgroup_rules: tuple[str, ...] = ()
    device_requests: tuple[DeviceRequest, ...] = ()
    devices: tuple[DeviceMapping, ...] = ()
    kernel_memory_tcp: Int64 = field(default=0, name="KernelMemoryTCP")
    memory: Int64 = 0
    memory_reservation: Int64 = 0
    memory_swap: Int64 = 0
    memory_swappiness: Int64 | None = None
    nano_cpus: Int64 = 0
    oom_kill_disable: bool = False
    pids_limit: Int64 | None = None
    ulimits: tuple[Ulimit, ...] = ()


class Update(Resources, frozen=True, kw_only=True, rename="pascal"):
    """The body of POST /containers/{name}/update. Of devices, None is what they have, and a list all that they get."""

    restart_policy: RestartPolicy = RestartPolicy()


_SAME = (
    "blkio_weight",
    "cpu_period",
    "cpu_quota",
    "cpu_shares",
    "cpuset_cpus",
    "cpuset_mems",
    "memory",
    "memory_reservation",
    "memory_swap",
    "nano_cpus",
    "oom_kill_disable",
)
"""Fields that a spec has under the same name, in the same unit."""
_RATES = {
    "device_read_bps": "blkio_device_read_bps",
    "device_read_iops": "blkio_device_read_iops",
    "device_write_bps": "blkio_device_write_bps",
    "device_write_iops": "blkio_device_write_iops",
}
"""A field of a spec → the one that it is here."""
_OF_DEVICES = {**_RATES, "blkio_weight_device": "blkio_weight_device"}
_NO_KERNEL_MEMORY_TCP = (
    "Your kernel does not support kernel memory TCP limit capabilities or the cgroup is not mounted. Limitation"
    " discarded."
)


def limits(asked: Resources, warn: Callable[[str], object]) -> spec.Resources:
    """`warn` is told of what no host has any more. Raises Invalid, Unsupported."""
    for name, is_asked, error in _REFUSED:
        if is_asked(asked):
            raise error(name, asked)
    if asked.kernel_memory_tcp:
        warn(_NO_KERNEL_MEMORY_TCP)
    swappiness = asked.memory_swappiness
    same: dict[str, Any] = {name: getattr(asked, name) for name in _SAME}
    rates: dict[str, Any] = {own: _rates(getattr(asked, name) or ()) for own, name in _RATES.items()}
    return spec.Resources(
        memory_swappiness=None if swappiness == -1 else swappiness,
        pids=max(asked.pids_limit or 0, 0),
        blkio_weight_device=tuple(map(_weight, asked.blkio_weight_device or ())),
        **same,
        **rates,
    )


def read(asked: Update) -> Changes:
    """Raises Invalid, Unsupported."""
    warnings: list[str] = []
    if asked.cgroup_parent:
        raise Unsupported("CgroupParent cannot be changed", hint="a container stays in the group that it was made in")
    found = limits(asked, warnings.append)
    if asked.pids_limit is not None and asked.pids_limit <= 0:
        found = msgspec.structs.replace(found, pids=-1)
    return Changes(
        limits=found,
        restart=restarts(asked.restart_policy) if asked.restart_policy.name else None,
        replaced=tuple(own for own, name in _OF_DEVICES.items() if getattr(asked, name) is not None),
        warnings=tuple(warnings),
    )


def restarts(asked: RestartPolicy) -> spec.RestartPolicy:
    """Raises Invalid."""
    return restart_policy.policy(asked.name, asked.maximum_retry_count)


def rlimits(asked: Sequence[Ulimit]) -> tuple[Rlimit, ...]:
    """Of two for the same resource the last one counts. Raises Invalid."""
    found = (rlimit.parse(f"{each.name}={each.soft}:{each.hard}") for each in asked)
    return tuple({each.resource: each for each in found}.values())


def devices(asked: Sequence[DeviceMapping]) -> tuple[Device, ...]:
    """Raises Invalid."""
    return tuple(
        device_options.device(
            each.path_on_host, each.path_in_container or each.path_on_host, each.cgroup_permissions or "rwm"
        )
        for each in asked
    )


def device_rules(asked: Sequence[str]) -> tuple[str, ...]:
    """Raises Invalid."""
    return tuple(map(device_options.parse_rule, asked))


def _weight(asked: WeightDevice) -> DeviceLimit:
    if not (asked.weight == 0 or 10 <= asked.weight <= 1000):
        raise Invalid("Range of blkio weight is from 10 to 1000", hint=f"BlkioWeightDevice says it of {asked.path}")
    return asked.path, asked.weight


def _rates(asked: Sequence[ThrottleDevice]) -> tuple[DeviceLimit, ...]:
    for each in asked:
        if each.rate < 0:
            raise Invalid(f"the rate {each.rate} of {each.path} is negative")
    return tuple((each.path, each.rate) for each in asked)


def _no_real_time(name: str, asked: Resources) -> Exception:
    return Invalid("kernel does not support CPU real-time scheduler", hint=f"leave {name} out")


def _no_driver(name: str, asked: Resources) -> Exception:
    first = asked.device_requests[0]
    wanted = " ".join(f"[{' '.join(each)}]" for each in first.capabilities)
    return Unsupported(
        f'could not select device driver "{first.driver}" with capabilities: [{wanted}]',
        hint=f"{name} are not supported: name the devices' nodes in Devices",
    )


_REFUSED: tuple[tuple[str, Callable[[Any], object], Callable[[str, Any], Exception]], ...] = (
    ("CpuRealtimePeriod", lambda asked: asked.cpu_realtime_period, _no_real_time),
    ("CpuRealtimeRuntime", lambda asked: asked.cpu_realtime_runtime, _no_real_time),
    ("DeviceRequests", lambda asked: asked.device_requests, _no_driver),
)
"""A field that nothing here answers to, whether it is asked for, and what is said then."""
