"""Docker's JSON of a container, as `inspect` shows it (Engine API, ContainerInspect). Every field that people ask for
by template is there, set or not; what belongs to other systems than Linux, or to Swarm, is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from onggi.container.life import RUNNING
from onggi.container.masks import MASKED_PATHS, READONLY_PATHS
from onggi.container.network import port
from onggi.container.note import note
from onggi.container.resources import swap_limit
from onggi.container.spec import (
    ContainerSpec,
    DeviceLimit,
    Health,
    Resources,
    Security,
    Tmpfs,
)
from onggi.container.state import HealthState, State
from onggi.container.step import SHM_SIZE
from onggi.engine.container.mount_description import as_asked, mount_point
from onggi.engine.container.network_settings import network_settings
from onggi.engine.container.places import Place
from onggi.engine.dates import rfc3339
from onggi.engine.network.connection.companions import keeps_ports
from onggi.store.containers import ContainerRow


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a container besides its row and its state. home: its folder. lowers: the folders of its layers,
    highest first. volume: where a volume's data are, by its name. now: seconds since the epoch. places: the networks
    that it is in. size, virtual_size: bytes that it has written, and with its image; None if nobody asked."""

    hostname: str
    home: Path
    lowers: Sequence[str]
    volume: Callable[[str], str]
    now: float
    places: Sequence[Place] = ()
    size: int | None = None
    virtual_size: int | None = None


def describe(row: ContainerRow, state: State, around: Surroundings) -> dict[str, Any]:
    """The whole document. Of a container whose spec cannot be read it says what is known."""
    spec, home = row.spec, around.home
    argv = (*(spec.process.entrypoint or ()), *(spec.process.command or ()))
    sizes = {} if around.size is None else {"SizeRw": around.size, "SizeRootFs": around.virtual_size}
    return {
        "Id": row.id,
        "Created": _moment(row.created),
        "Path": argv[0] if argv else "",
        "Args": list(argv[1:]),
        "State": _state(state, spec, around),
        "Image": spec.image_id,
        "ResolvConfPath": str(home / "resolv.conf"),
        "HostnamePath": str(home / "hostname"),
        "HostsPath": str(home / "hosts"),
        "LogPath": str(home / f"{row.id}-json.log") if spec.log.driver == "json-file" else "",
        "Name": f"/{row.name}",
        "RestartCount": state.restart_count,
        "Driver": "overlay",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": _list(state.execs),
        "HostConfig": {**_host_config(spec), "Links": _links(row)},
        "GraphDriver": {
            "Name": "overlay",
            "Data": {
                "LowerDir": ":".join(around.lowers),
                "MergedDir": str(home / "rootfs"),
                "UpperDir": str(home / "upper"),
                "WorkDir": str(home / "work"),
            },
        },
        **sizes,
        "Mounts": [mount_point(mount, around.volume) for mount in spec.mounts if not isinstance(mount, Tmpfs)],
        "Config": _config(spec, around.hostname),
        "NetworkSettings": network_settings(row, state, home, around.places),
    }


# State


def _state(state: State, spec: ContainerSpec, around: Surroundings) -> dict[str, Any]:
    """`Note` is ours: what one should know besides, in a sentence."""
    return {
        "Status": state.status,
        "Running": state.status in RUNNING,
        "Paused": state.status == "paused",
        "Restarting": state.status == "restarting",
        "OOMKilled": state.oom_killed,
        "Dead": state.status == "dead",
        "Pid": state.pid,
        "ExitCode": state.exit_code,
        "Error": state.error,
        "StartedAt": _moment(state.started_at),
        "FinishedAt": _moment(state.finished_at),
        "Health": None if state.health is None else _health(state.health),
        "Note": note(state, spec, around.now, has_ports=keeps_ports(around.home, state)),
    }


def _health(health: HealthState) -> dict[str, Any]:
    return {
        "Status": health.status,
        "FailingStreak": health.failing_streak,
        "Log": [
            {
                "Start": _moment(probe.start),
                "End": _moment(probe.end),
                "ExitCode": probe.exit_code,
                "Output": probe.output,
            }
            for probe in health.log
        ],
    }


def _moment(seconds: float) -> str:
    """RFC 3339; Docker's zero time for never."""
    return rfc3339(seconds) if seconds else "0001-01-01T00:00:00Z"


# HostConfig


def _host_config(spec: ContainerSpec) -> dict[str, Any]:
    security, namespaces, dns = spec.security, spec.namespaces, spec.networking.dns
    hides_paths = not (security.privileged or security.unmasked)
    return {
        **as_asked(spec.mounts),
        "ContainerIDFile": "",
        "LogConfig": {"Type": spec.log.driver or "local", "Config": spec.log.options},
        "NetworkMode": spec.networking.mode,
        "PortBindings": dict(sorted(port.table(spec.networking.ports).items())),
        "RestartPolicy": {"Name": spec.restart.name, "MaximumRetryCount": spec.restart.most},
        "AutoRemove": spec.auto_remove,
        "VolumeDriver": "",
        "VolumesFrom": _list(spec.volumes_from),
        "ConsoleSize": list(spec.process.terminal_size),
        "Annotations": spec.annotations or None,
        "CapAdd": _list(security.capabilities_added),
        "CapDrop": _list(security.capabilities_dropped),
        "CgroupnsMode": namespaces.cgroup or "private",
        "Dns": list(dns.servers),
        "DnsOptions": list(dns.options),
        "DnsSearch": list(dns.search),
        "ExtraHosts": _list(spec.hosts),
        "GroupAdd": _list(spec.groups),
        "IpcMode": namespaces.ipc or "private",
        "Cgroup": "",
        "OomScoreAdj": spec.oom_score_adj,
        "PidMode": namespaces.pid,
        "Privileged": security.privileged,
        "PublishAllPorts": spec.networking.publishes_all,
        "ReadonlyRootfs": spec.read_only,
        "SecurityOpt": list(_security_options(security)) or None,
        "StorageOpt": None,
        "UTSMode": namespaces.uts,
        "UsernsMode": "",
        "ShmSize": spec.shm_size or SHM_SIZE,
        "Sysctls": spec.sysctls or None,
        "Runtime": spec.runtime or "onggi",
        "Umask": spec.process.umask,
        **_resources(spec.resources),
        "CgroupParent": spec.cgroup_parent,
        "Devices": [
            {"PathOnHost": each.source, "PathInContainer": each.target, "CgroupPermissions": each.permissions}
            for each in spec.devices
        ],
        "DeviceCgroupRules": _list(spec.device_rules),
        "DeviceRequests": None,
        "Ulimits": [{"Name": limit.resource.lower(), "Hard": limit.hard, "Soft": limit.soft} for limit in spec.rlimits],
        "MaskedPaths": list(MASKED_PATHS) if hides_paths else None,
        "ReadonlyPaths": list(READONLY_PATHS) if hides_paths else None,
        "Init": spec.init,
    }


def _links(row: ContainerRow) -> list[str] | None:
    """As Docker shows them: `/web:/app/db`."""
    return [f"/{link.asked}:/{row.name}/{link.alias}" for link in row.spec.networking.links] or None


def _security_options(security: Security) -> Iterator[str]:
    if security.no_new_privileges:
        yield "no-new-privileges"
    if security.seccomp != "default":
        yield f"seccomp={security.seccomp}"
    if security.unmasked:
        yield "systempaths=unconfined"
    if security.writable_cgroups:
        yield "writable-cgroups=true"


def _resources(limits: Resources) -> dict[str, Any]:
    return {
        "CpuShares": limits.cpu_shares,
        "Memory": limits.memory,
        "NanoCpus": limits.nano_cpus,
        "BlkioWeight": limits.blkio_weight,
        "BlkioWeightDevice": _devices(limits.blkio_weight_device, "Weight"),
        "BlkioDeviceReadBps": _devices(limits.device_read_bps, "Rate"),
        "BlkioDeviceWriteBps": _devices(limits.device_write_bps, "Rate"),
        "BlkioDeviceReadIOps": _devices(limits.device_read_iops, "Rate"),
        "BlkioDeviceWriteIOps": _devices(limits.device_write_iops, "Rate"),
        "CpuPeriod": limits.cpu_period,
        "CpuQuota": limits.cpu_quota,
        "CpuRealtimePeriod": 0,
        "CpuRealtimeRuntime": 0,
        "CpusetCpus": limits.cpuset_cpus,
        "CpusetMems": limits.cpuset_mems,
        "MemoryReservation": limits.memory_reservation,
        "MemorySwap": swap_limit(limits) if limits.memory else limits.memory_swap,
        "MemorySwappiness": limits.memory_swappiness,
        "OomKillDisable": limits.oom_kill_disable,
        "PidsLimit": limits.pids or None,
    }


def _devices(limits: Iterable[DeviceLimit], field: str) -> list[dict[str, Any]]:
    return [{"Path": path, field: value} for path, value in limits]


# Config


def _config(spec: ContainerSpec, hostname: str) -> dict[str, Any]:
    process = spec.process
    return {
        "Hostname": hostname,
        "Domainname": spec.domain_name,
        "User": process.user,
        "AttachStdin": "stdin" in process.attached,
        "AttachStdout": "stdout" in process.attached,
        "AttachStderr": "stderr" in process.attached,
        "ExposedPorts": {port: {} for port in spec.exposed_ports} or None,
        "Tty": process.terminal,
        "OpenStdin": process.open_stdin,
        "StdinOnce": process.open_stdin and not process.keeps_stdin,
        "Env": list(process.environment),
        "Cmd": _list(process.command or ()),
        "Healthcheck": _healthcheck(spec.health),
        "Image": spec.image,
        "Volumes": {path: {} for path in spec.volumes} or None,
        "WorkingDir": process.working_directory,
        "Entrypoint": _list(process.entrypoint or ()),
        "OnBuild": None,
        "Labels": spec.labels,
        "StopSignal": spec.stop_signal,
        "StopTimeout": spec.stop_timeout,
        "Shell": _list(spec.shell),
    }


def _healthcheck(health: Health | None) -> dict[str, Any] | None:
    """Docker's fields, and the probes and consequences that are ours where they are used."""
    if health is None:
        return None
    ours = {
        "HTTP": health.http,
        "TCP": health.tcp,
        "OnFailure": "" if health.on_failure == "none" else health.on_failure,
    }
    return {**msgspec.to_builtins(health.check), **{name: value for name, value in ours.items() if value}}


def _list(words: Sequence[str]) -> list[str] | None:
    return list(words) or None
