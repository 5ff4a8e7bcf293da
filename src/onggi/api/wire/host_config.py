"""What of a container is the host's rather than the image's, as clients ask for it (moby, api/types/container,
HostConfig)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import field

from onggi.api.wire.mount import Mount
from onggi.api.wire.resources import Int64, Resources, RestartPolicy
from onggi.container import capability, log_options, namespace_modes, security_options
from onggi.container.masks import MASKED_PATHS, READONLY_PATHS
from onggi.container.network import port
from onggi.container.network.port import PortBinding as Binding
from onggi.container.spec import Dns, LogConfig, LogDriver, Namespaces, Security
from onggi.errors import Invalid, Unsupported


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    type: str = ""
    config: dict[str, str] = {}


class PortBinding(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`host_port` may be a range, or "" for any that is free."""

    host_ip: str = ""
    host_port: str = ""


class HostConfig(Resources, frozen=True, kw_only=True, rename="pascal"):
    """ContainerIDFile is of the client, and passed over. MaskedPaths and ReadonlyPaths: None is the usual ones."""

    annotations: dict[str, str] = field(default_factory=dict)
    auto_remove: bool = False
    binds: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    cgroup: str = ""
    cgroupns_mode: str = ""
    console_size: tuple[Int64, Int64] = (0, 0)
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    extra_hosts: tuple[str, ...] = ()
    group_add: tuple[str, ...] = ()
    init: bool = False
    ipc_mode: str = ""
    isolation: str = ""
    links: tuple[str, ...] = ()
    log_config: LogSettings = LogSettings()
    masked_paths: tuple[str, ...] | None = None
    mounts: tuple[Mount, ...] = ()
    network_mode: str = ""
    oom_score_adj: Int64 = 0
    pid_mode: str = ""
    port_bindings: dict[str, tuple[PortBinding, ...] | None] = field(default_factory=dict)
    privileged: bool = False
    publish_all_ports: bool = False
    readonly_paths: tuple[str, ...] | None = None
    readonly_rootfs: bool = False
    restart_policy: RestartPolicy = RestartPolicy()
    runtime: str = ""
    security_opt: tuple[str, ...] = ()
    shm_size: Int64 = 0
    storage_opt: dict[str, str] = field(default_factory=dict)
    sysctls: dict[str, str] = field(default_factory=dict)
    tmpfs: dict[str, str] = field(default_factory=dict)
    umask: Int64 | None = None
    userns_mode: str = ""
    uts_mode: str = field(default="", name="UTSMode")
    volume_driver: str = ""
    volumes_from: tuple[str, ...] = ()


_BUILT_IN = "onggi"
"""What `inspect` calls the runtime that is none."""
LOG_DRIVER: LogDriver = "json-file"
"""Of containers that clients make and say nothing of it."""
_LOG_LIMITS = {"max-size": "10m", "max-file": "3"}
_MODES = {"pid": "pid_mode", "ipc": "ipc_mode", "uts": "uts_mode", "cgroupns": "cgroupns_mode", "userns": "userns_mode"}
_USUAL_PATHS = {"masked_paths": MASKED_PATHS, "readonly_paths": READONLY_PATHS}

_REFUSED: tuple[tuple[str, Callable[[HostConfig], object], Callable[[HostConfig], Exception]], ...] = (
    (
        "StorageOpt",
        lambda asked: asked.storage_opt,
        lambda asked: Invalid("--storage-opt is supported only for overlay over xfs with 'pquota' mount option"),
    ),
    (
        "Cgroup",
        lambda asked: asked.cgroup,
        lambda asked: Unsupported(
            "HostConfig.Cgroup is not supported", hint="containers have a place of their own among control groups"
        ),
    ),
    (
        "Isolation",
        lambda asked: asked.isolation not in ("", "default"),
        lambda asked: Invalid(f'invalid isolation "{asked.isolation}" on linux'),
    ),
    (
        "ShmSize",
        lambda asked: asked.shm_size < 0,
        lambda asked: Invalid("SHM size can not be less than 0"),
    ),
    (
        "OomScoreAdj",
        lambda asked: not -1000 <= asked.oom_score_adj <= 1000,
        lambda asked: Invalid(f"Invalid value {asked.oom_score_adj}, range for oom score adj is [-1000, 1000]"),
    ),
    (
        "Umask",
        lambda asked: asked.umask is not None and not 0 <= asked.umask <= 0o777,
        lambda asked: Invalid(f"invalid umask {asked.umask}: it is a number from 0 to 511, which is 0777 in octal"),
    ),
    (
        "ConsoleSize",
        lambda asked: not all(0 <= each < 2**16 for each in asked.console_size),
        lambda asked: Invalid(f"invalid console size {list(asked.console_size)}"),
    ),
)
"""A field, when it is not to be had, and what is said then."""


def require_possible(asked: HostConfig) -> None:
    """Raises Invalid, Unsupported for what nothing here answers to."""
    for _, is_wrong, error in _REFUSED:
        if is_wrong(asked):
            raise error(asked)


def security(asked: HostConfig) -> Security:
    """Profiles come as their text. Raises Invalid, Unsupported."""
    for field_name, names in (("CapAdd", asked.cap_add), ("CapDrop", asked.cap_drop)):
        try:
            capability.grant(names, (), privileged=False)
        except Invalid as error:
            raise Invalid(f"invalid {field_name}: {error.message}", hint=error.hint) from error
    fields: dict[str, Any] = security_options.parse(asked.security_opt, lambda profile: profile)
    if _shows_system_paths(asked):
        fields["unmasked"] = True
    return Security(
        privileged=asked.privileged,
        capabilities_added=asked.cap_add,
        capabilities_dropped=asked.cap_drop,
        **fields,
    )


def _shows_system_paths(asked: HostConfig) -> bool:
    """Docker's clients ask for that by two empty lists. Raises Unsupported for lists of one's own."""
    said = {name: getattr(asked, name) for name in _USUAL_PATHS}
    if all(paths == () for paths in said.values()):
        return True
    for name, usual in _USUAL_PATHS.items():
        if said[name] is not None and set(said[name]) != set(usual):
            called = "MaskedPaths" if name == "masked_paths" else "ReadonlyPaths"
            raise Unsupported(f"a list of one's own in {called} is not supported", hint="both may be [], for none")
    return False


def namespaces(asked: HostConfig) -> Namespaces:
    """Raises Invalid; Unsupported for user namespaces."""
    modes = {kind: getattr(asked, name) for kind, name in _MODES.items()}
    return namespace_modes.parse(modes) if any(modes.values()) else Namespaces()


def dns(asked: HostConfig) -> Dns:
    return Dns(servers=asked.dns, search=asked.dns_search, options=asked.dns_options)


def log(asked: HostConfig) -> LogConfig:
    """Where none is said it is Docker's, which clients ask for before they read a log; and it does not fill the disk.
    Raises Invalid, Unsupported."""
    said = asked.log_config
    driver = log_options.driver(said.type or LOG_DRIVER)
    return LogConfig(driver, {**_LOG_LIMITS, **said.config} if driver == LOG_DRIVER else said.config)


def runtime(asked: HostConfig) -> str:
    return "" if asked.runtime == _BUILT_IN else asked.runtime


def ports(bindings: Mapping[str, tuple[PortBinding, ...] | None]) -> tuple[Binding, ...]:
    """A port without a binding is published at any port of the host that is free. Raises Invalid."""
    return tuple(
        found
        for private, places in bindings.items()
        for place in places or (PortBinding(),)
        for found in port.parse(_short(private, place))
    )


def _short(private: str, place: PortBinding) -> str:
    """As `-p` writes it. Raises Invalid for a key with more in it than a container's port: no policy looks there."""
    if ":" in private:
        raise Invalid(f"invalid containerPort: {private}", hint="ports of the host are said by HostPort")
    address = f"[{place.host_ip}]" if ":" in place.host_ip else place.host_ip
    if address:
        return f"{address}:{place.host_port}:{private}"
    return f"{place.host_port}:{private}" if place.host_port else private
