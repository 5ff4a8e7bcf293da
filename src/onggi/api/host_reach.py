"""What of a request reaches out of containers to the host: what a socket that can do less refuses in any case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from onggi.api.wire.build import Query as BuildQuery
from onggi.api.wire.container import Create
from onggi.api.wire.execution import Create as CreateExec
from onggi.api.wire.host_config import HostConfig
from onggi.api.wire.mount import Mount
from onggi.api.wire.network import Create as CreateNetwork
from onggi.api.wire.resources import Resources
from onggi.api.wire.volume import Create as CreateVolume
from onggi.container import capability
from onggi.container.spec import Bind
from onggi.container.volume_text import parse_volume

_UNPRIVILEGED_PORT = 1024
_HARMLESS_OPTIONS = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")
_HARMLESS_DRIVERS = ("", "bridge")


def reasons(query: Any, body: Any, *, sees_all: bool) -> Iterator[str]:
    """Why it is refused; nothing where it is not. `sees_all`: all containers are there for the taking, also those that
    somebody has given folders of the host."""
    host = body.host_config if isinstance(body, Create) else None
    for kind, name, reaches in _TABLE:
        for subject in (query, body, host):
            if isinstance(subject, kind) and reaches(subject):
                yield name
    if host is not None and host.volumes_from and sees_all:
        yield _FROM


def _has_binds(host: HostConfig) -> bool:
    return any(isinstance(parse_volume(text, "/"), Bind) for text in host.binds) or any(
        mount.type not in ("volume", "tmpfs") for mount in host.mounts
    )


def _has_driver_options(mount: Mount) -> bool:
    return mount.volume_options is not None and bool(mount.volume_options.driver_config.options)


def _low_ports(host: HostConfig) -> bool:
    places = (place for several in host.port_bindings.values() for place in several or ())
    return any(not _is_free(place.host_port) for place in places)


def _is_free(port: str) -> bool:
    """Whether it is one that any user of the host could listen on; what is no number is refused elsewhere."""
    first = port.partition("-")[0].strip()
    return not first or (first.isdecimal() and not 0 < int(first) < _UNPRIVILEGED_PORT)


def _capabilities(host: HostConfig) -> bool:
    usual = {name.removeprefix("CAP_") for name in capability.DEFAULT}
    return any(name.upper().removeprefix("CAP_") not in usual for name in host.cap_add)


_Row = tuple[type, str, Callable[[Any], object]]
_FROM = "volumes of other containers (HostConfig.VolumesFrom)"
_TABLE: tuple[_Row, ...] = (
    (HostConfig, "bind mounts (HostConfig.Binds, HostConfig.Mounts)", _has_binds),
    (
        HostConfig,
        "options of a volume's driver, which name devices and folders of the host (HostConfig.Mounts)",
        lambda host: any(map(_has_driver_options, host.mounts)),
    ),
    (HostConfig, "privileged containers (HostConfig.Privileged)", lambda host: host.privileged),
    (HostConfig, "capabilities beyond the usual ones (HostConfig.CapAdd)", _capabilities),
    (HostConfig, "the host's network (HostConfig.NetworkMode)", lambda host: host.network_mode == "host"),
    (
        Create,
        "the host's network (NetworkingConfig.EndpointsConfig)",
        lambda asked: "host" in asked.networking_config.endpoints_config,
    ),
    (HostConfig, "the host's processes (HostConfig.PidMode)", lambda host: host.pid_mode == "host"),
    (HostConfig, "the host's IPC (HostConfig.IpcMode)", lambda host: host.ipc_mode == "host"),
    (HostConfig, "the host's name (HostConfig.UTSMode)", lambda host: host.uts_mode == "host"),
    (HostConfig, "the host's control groups (HostConfig.CgroupnsMode)", lambda host: host.cgroupns_mode == "host"),
    (HostConfig, "the host's users (HostConfig.UsernsMode)", lambda host: host.userns_mode),
    (
        HostConfig,
        "less confinement (HostConfig.SecurityOpt)",
        lambda host: set(host.security_opt) - set(_HARMLESS_OPTIONS),
    ),
    (
        HostConfig,
        "system paths to be seen (HostConfig.MaskedPaths, HostConfig.ReadonlyPaths)",
        lambda host: host.masked_paths == () or host.readonly_paths == (),
    ),
    (HostConfig, "another runtime (HostConfig.Runtime)", lambda host: host.runtime not in ("", "onggi")),
    (HostConfig, "protection from the host's OOM killer (HostConfig.OomScoreAdj)", lambda host: host.oom_score_adj < 0),
    (HostConfig, "ports of the host below 1024 (HostConfig.PortBindings)", _low_ports),
    (
        Resources,
        "devices of the host (Devices, DeviceCgroupRules, DeviceRequests)",
        lambda asked: asked.devices or asked.device_cgroup_rules or asked.device_requests,
    ),
    (Resources, "no end by the OOM killer (OomKillDisable)", lambda asked: asked.oom_kill_disable),
    (CreateExec, "privileged processes (Privileged)", lambda asked: asked.privileged),
    (
        CreateVolume,
        "options of a volume's driver, which name devices and folders of the host (DriverOpts)",
        lambda asked: asked.driver_opts,
    ),
    (
        CreateNetwork,
        "networks with options, and of other kinds than bridge (Driver, Options)",
        lambda asked: asked.driver not in _HARMLESS_DRIVERS or asked.options,
    ),
    (
        CreateNetwork,
        "addresses of a network that are chosen, and could be those of others (IPAM)",
        lambda asked: asked.ipam is not None and asked.ipam.config,
    ),
    (BuildQuery, "steps on the host's network (networkmode)", lambda query: query.network_mode == "host"),
    (
        BuildQuery,
        "contexts that the host would fetch with its own keys (remote)",
        lambda query: query.remote and not query.remote.startswith(("http://", "https://")),
    ),
)
"""Of which part of a request, what it is called, and whether it is asked for."""
NAMES = (*(name for _, name, _ in _TABLE), _FROM)
