"""A container as clients ask for it (moby, api/types/container) → ContainerSpec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field
from msgspec.structs import replace

from onggi.api.versions import Version, has
from onggi.api.wire import host_config, mount, resources
from onggi.api.wire.host_config import HostConfig
from onggi.api.wire.networking import NetworkedConfig, Warn, networking
from onggi.api.wire.resources import Int64
from onggi.container import extra_hosts
from onggi.container.network.network import PREDEFINED
from onggi.container.spec import STREAMS, ContainerSpec, Health, Mount, Process
from onggi.decoders import convert
from onggi.engine.types import Pruned
from onggi.errors import Invalid, Unsupported
from onggi.oci import port
from onggi.oci.config import Healthcheck

_SHORTEST = 1_000_000
"""Nanoseconds between two probes, and of one (moby, daemon/container.go, validateHealthCheck)."""
_PROBES = ("NONE", "CMD", "CMD-SHELL")


class HealthConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Times in nanoseconds. HTTP, TCP and OnFailure are ours, as `inspect` shows them."""

    test: tuple[str, ...] = ()
    interval: Int64 = 0
    timeout: Int64 = 0
    start_period: Int64 = 0
    start_interval: Int64 = 0
    retries: Int64 = 0
    http: str = field(default="", name="HTTP")
    tcp: str = field(default="", name="TCP")
    on_failure: str = ""


class Create(NetworkedConfig, msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The body of POST /containers/create: Docker's Config, with the rest in it. ArgsEscaped is of Windows, and passed
    over."""

    attach_stderr: bool = False
    attach_stdin: bool = False
    attach_stdout: bool = False
    cmd: str | tuple[str, ...] | None = None
    domainname: str = ""
    entrypoint: str | tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    exposed_ports: dict[str, dict[str, Any] | None] = {}
    healthcheck: HealthConfig = HealthConfig()
    hostname: str = ""
    image: str = ""
    labels: dict[str, str] = {}
    on_build: tuple[str, ...] = ()
    open_stdin: bool = False
    shell: tuple[str, ...] = ()
    stdin_once: bool = False
    stop_signal: str = ""
    stop_timeout: Int64 | None = None
    tty: bool = False
    user: str = ""
    volumes: dict[str, dict[str, Any] | None] = {}
    working_dir: str = ""


class Created(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    warnings: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, rename="pascal"):
    containers_deleted: tuple[str, ...] | None
    space_reclaimed: int


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for, and what its client is told about that."""

    spec: ContainerSpec
    warnings: tuple[str, ...] = ()


def read(asked: Create, version: Version) -> Wanted:
    """Raises as `spec`."""
    warnings: list[str] = []
    return Wanted(spec(asked, version, warnings.append), tuple(warnings))


def spec(asked: Create, version: Version, warn: Warn) -> ContainerSpec:
    """`warn` is told of what is passed over. Raises Invalid, NotFound, and Unsupported for what has no
    counterpart here."""
    host = asked.host_config
    _require_possible(asked)
    return ContainerSpec(
        image=asked.image,
        process=_process(asked),
        groups=host.group_add,
        hostname=asked.hostname,
        domain_name=asked.domainname,
        labels=asked.labels,
        annotations=host.annotations,
        mounts=_mounts(asked, version, warn),
        volumes_from=host.volumes_from,
        read_only=host.readonly_rootfs,
        networking=networking(asked, version, warn),
        hosts=tuple(map(extra_hosts.parse, host.extra_hosts)),
        exposed_ports=tuple(dict.fromkeys(each for text in asked.exposed_ports for each in _exposed(text))),
        auto_remove=host.auto_remove,
        restart=resources.restarts(host.restart_policy),
        log=host_config.log(host),
        stop_signal=asked.stop_signal,
        stop_timeout=asked.stop_timeout,
        shell=asked.shell,
        health=_health(asked.healthcheck),
        resources=resources.limits(host, warn),
        rlimits=resources.rlimits(host.ulimits),
        shm_size=host.shm_size,
        oom_score_adj=host.oom_score_adj,
        cgroup_parent=host.cgroup_parent,
        init=host.init,
        security=host_config.security(host),
        namespaces=host_config.namespaces(_with_old_ipc(host, version)),
        devices=resources.devices(host.devices),
        device_rules=resources.device_rules(host.device_cgroup_rules),
        sysctls=host.sysctls,
        runtime=host_config.runtime(host),
    )


def of_inspected(document: Mapping[str, Any], version: Version) -> dict[str, Any]:
    """The engine's document, with what any version has."""
    networks = document["NetworkSettings"]["Networks"]
    if not has(version, "aliases are those that were asked for"):
        names = [document["Id"][:12], document["Config"]["Hostname"]]
        networks = {name: _with_aliases(name, endpoint, names) for name, endpoint in networks.items()}
    return {
        **document,
        "State": _state(document["State"]),
        "NetworkSettings": {**document["NetworkSettings"], "Networks": networks},
    }


def of_pruned(pruned: Pruned) -> Report:
    return Report(tuple(removed.name for removed in pruned.removed) or None, pruned.reclaimed)


def _state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is ours. Nobody probes a container that does not run: Docker calls it unhealthy (moby,
    container/health.go, CloseMonitorChannel)."""
    found = {name: value for name, value in state.items() if name not in ("Note", "Health")}
    if health := state["Health"]:
        found["Health"] = health if state["Running"] else {**health, "Status": "unhealthy"}
    return found


def _with_aliases(network: str, endpoint: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    if network in PREDEFINED:
        return endpoint
    return {**endpoint, "Aliases": list(dict.fromkeys((*(endpoint["Aliases"] or ()), *names)))}


def _require_possible(asked: Create) -> None:
    if not asked.image:
        raise Invalid("invalid reference format", hint="name an image")
    for variable in asked.env:
        if not variable.partition("=")[0]:
            raise Invalid(f"invalid environment variable: {variable}")
    if asked.on_build:
        raise Unsupported("OnBuild of a container is not supported", hint="give triggers to `commit`, as changes")
    host_config.require_possible(asked.host_config)


def _process(asked: Create) -> Process:
    """As Docker merges them (daemon/commit.go, merge; daemon/create.go): an entry point of [""] takes the place of the
    image's and drops its command too, one of [] leaves the command."""
    entrypoint, command = _words(asked.entrypoint), _words(asked.cmd) or None
    if entrypoint == ("",):
        entrypoint, command = (), command or ()
    return Process(
        entrypoint=entrypoint,
        command=command,
        environment=asked.env,
        working_directory=asked.working_dir,
        user=asked.user,
        terminal=asked.tty,
        terminal_size=asked.host_config.console_size,
        open_stdin=asked.open_stdin,
        keeps_stdin=asked.open_stdin and not asked.stdin_once,
        umask=asked.host_config.umask,
        attached=tuple(stream for stream in STREAMS if getattr(asked, f"attach_{stream}")),
    )


def _words(said: str | tuple[str, ...] | None) -> tuple[str, ...] | None:
    return (said,) if isinstance(said, str) else said


def _exposed(text: str) -> list[str]:
    try:
        return port.parse(text)
    except Invalid as error:
        raise Invalid(f"invalid port format in ExposedPorts: {text}", hint=error.hint or error.message) from error


def _health(asked: HealthConfig) -> Health | None:
    """None when nothing is said of it."""
    if asked == HealthConfig():
        return None
    if asked.test and asked.test[0] not in _PROBES:
        raise Invalid(f"Unknown healthcheck type {asked.test[0]!r}", hint=f"it is one of {', '.join(_PROBES)}")
    times = {
        "Interval": asked.interval,
        "Timeout": asked.timeout,
        "StartPeriod": asked.start_period,
        "StartInterval": asked.start_interval,
    }
    for name, nanoseconds in times.items():
        if nanoseconds != 0 and nanoseconds < _SHORTEST:
            raise Invalid(f"{name} in Healthcheck cannot be less than 1ms")
    if asked.retries < 0:
        raise Invalid("Retries in Healthcheck cannot be negative")
    check = Healthcheck(
        test=asked.test,
        interval=asked.interval,
        timeout=asked.timeout,
        start_period=asked.start_period,
        start_interval=asked.start_interval,
        retries=asked.retries,
    )
    said = {"http": asked.http, "tcp": asked.tcp, "on_failure": asked.on_failure or "none"}
    try:
        return convert({"check": check, **said}, Health)
    except msgspec.ValidationError as error:
        raise Invalid(f"invalid OnFailure of Healthcheck: {asked.on_failure}") from error


def _with_old_ipc(host: HostConfig, version: Version) -> HostConfig:
    if host.ipc_mode or has(version, "a container's IPC is its own alone"):
        return host
    return replace(host, ipc_mode="shareable")


def _mounts(asked: Create, version: Version, warn: Warn) -> tuple[Mount, ...]:
    host = asked.host_config
    if host.volume_driver and has(version, "a volume driver that is passed over is told"):
        for each in host.mounts:
            if each.type == "volume" and not (each.volume_options and each.volume_options.driver_config.name):
                warn(
                    "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via"
                    " 'mount'. Use '--mount type=volume,volume-driver=...' instead"
                )
                break
    return (
        *mount.of_binds(host.binds, host.volume_driver, version),
        *mount.of_mounts(host.mounts, version),
        *mount.of_tmpfs(host.tmpfs),
        *mount.of_paths(asked.volumes),
    )
