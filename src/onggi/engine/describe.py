"""Docker's JSON of images and containers, as `inspect` shows it (Engine API, ImageInspect and ContainerInspect)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from onggi.container.plan import MASKED_PATHS, READONLY_PATHS
from onggi.container.spec import Bind, ContainerSpec, Tmpfs
from onggi.container.state import State
from onggi.engine.dates import rfc3339
from onggi.linux.state import RUNNING
from onggi.oci.config import Healthcheck, RunConfig
from onggi.store.containers import ContainerRow
from onggi.store.images import StoredImage


def image(stored: StoredImage) -> dict[str, Any]:
    config = stored.config()
    return {
        "Id": stored.id,
        "RepoTags": [name.familiar() for name in stored.references if name.tag],
        "RepoDigests": _pinned(stored),
        "Parent": "",
        "Comment": config.history[-1].comment if config.history else "",
        "Created": config.created,
        "Author": config.author,
        "Architecture": config.architecture,
        **({"Variant": config.variant} if config.variant else {}),
        "Os": config.os,
        "Size": stored.size,
        "Config": _image_config(config.config),
        "RootFS": {"Type": "layers", "Layers": list(config.rootfs.diff_ids)},
    }


def container(row: ContainerRow, hostname: str, state: State, home: Path) -> dict[str, Any]:
    spec = row.spec
    argv = (*(spec.process.entrypoint or ()), *(spec.process.command or ()))
    return {
        "Id": row.id,
        "Created": _moment(row.created),
        "Path": argv[0] if argv else "",
        "Args": list(argv[1:]),
        "State": _state(state),
        "Image": spec.image_id,
        "ResolvConfPath": str(home / "resolv.conf"),
        "HostnamePath": str(home / "hostname"),
        "HostsPath": str(home / "hosts"),
        "LogPath": str(home / "log.json"),
        "Name": f"/{row.name}",
        "RestartCount": 0,
        "Driver": "overlay",
        "Platform": "linux",
        "HostConfig": _host_config(spec),
        "GraphDriver": {"Name": "overlay", "Data": {"UpperDir": str(home / "upper"), "WorkDir": str(home / "work")}},
        "Mounts": [_mount(mount) for mount in spec.mounts if isinstance(mount, Bind)],
        "Config": _container_config(spec, hostname),
        "NetworkSettings": {"IPAddress": "", "Ports": {}, "Networks": {spec.network: {}}},
    }


def _state(state: State) -> dict[str, Any]:
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
    }


def _host_config(spec: ContainerSpec) -> dict[str, Any]:
    security = spec.security
    hides_paths = not (security.privileged or security.unmasked)
    return {
        "NetworkMode": spec.network,
        "PortBindings": {},
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        "AutoRemove": spec.auto_remove,
        "CapAdd": list(security.capabilities_added) or None,
        "CapDrop": list(security.capabilities_dropped) or None,
        "Privileged": security.privileged,
        "ReadonlyRootfs": spec.read_only,
        "Init": spec.init,
        "MaskedPaths": list(MASKED_PATHS) if hides_paths else None,
        "ReadonlyPaths": list(READONLY_PATHS) if hides_paths else None,
        "Runtime": spec.runtime or "onggi",
        "Binds": [_bind(mount) for mount in spec.mounts if isinstance(mount, Bind)] or None,
        "Tmpfs": {mount.target: ",".join(mount.options) for mount in spec.mounts if isinstance(mount, Tmpfs)},
        "LogConfig": {"Type": "json-file", "Config": {}},
    }


def _mount(mount: Bind) -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": mount.source,
        "Destination": mount.target,
        "Mode": "",
        "RW": not mount.read_only,
        "Propagation": mount.propagation,
    }


def _container_config(spec: ContainerSpec, hostname: str) -> dict[str, Any]:
    process = spec.process
    return {
        "Hostname": hostname,
        "User": process.user,
        "ExposedPorts": {port: {} for port in spec.exposed_ports} or None,
        "Tty": process.terminal,
        "OpenStdin": process.open_stdin,
        "Env": list(process.environment),
        "Cmd": list(process.command or ()),
        "Healthcheck": _healthcheck(spec.health.check if spec.health else None),
        "Entrypoint": list(process.entrypoint) if process.entrypoint else None,
        "Image": spec.image,
        "Volumes": {path: {} for path in spec.volumes} or None,
        "WorkingDir": process.working_directory,
        "Labels": spec.labels,
        "StopSignal": spec.stop_signal,
        "StopTimeout": spec.stop_timeout,
    }


def _moment(seconds: float) -> str:
    """RFC 3339; Docker's zero time for never."""
    if not seconds:
        return "0001-01-01T00:00:00Z"
    return rfc3339(seconds)


def _bind(mount: Bind) -> str:
    return f"{mount.source}:{mount.target}" + (":ro" if mount.read_only else "")


def _image_config(config: RunConfig) -> dict[str, Any]:
    """Every field that people ask for by template is there, set or not."""
    return {
        "User": config.user,
        "ExposedPorts": config.exposed_ports or None,
        "Env": list(config.env),
        "Cmd": _list(config.cmd),
        "Healthcheck": _healthcheck(config.healthcheck),
        "Volumes": config.volumes or None,
        "WorkingDir": config.working_dir,
        "Entrypoint": _list(config.entrypoint),
        "OnBuild": list(config.on_build) or None,
        "Labels": config.labels,
        "StopSignal": config.stop_signal,
        "Shell": list(config.shell) or None,
    }


def _healthcheck(check: Healthcheck | None) -> dict[str, Any] | None:
    return msgspec.to_builtins(check) if check else None


def _list(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)


def _pinned(stored: StoredImage) -> list[str]:
    names = (f"{name.familiar_name()}@{stored.digest_of(name)}" for name in stored.references)
    return list(dict.fromkeys(names))
