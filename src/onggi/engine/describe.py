"""Docker's JSON of images and containers, as `inspect` shows it (Engine API, ImageInspect and ContainerInspect)."""

from __future__ import annotations

from typing import Any

import msgspec

from onggi.errors import Invalid
from onggi.oci.config import RunConfig
from onggi.oci.reference import Reference
from onggi.store.images import StoredImage


def refuse_digest(name: Reference) -> None:
    """A digest is what an image has, not what it is given."""
    if name.digest:
        raise Invalid(f"{name.familiar()}: a digest cannot be given; write a name and a tag")


def image(stored: StoredImage) -> dict[str, Any]:
    config = stored.config()
    return {
        "Id": stored.id,
        "RepoTags": [name.familiar() for name in stored.references if name.tag],
        "RepoDigests": [f"{name}@{stored.digest}" for name in _repositories(stored)],
        "Parent": "",
        "Comment": config.history[-1].comment if config.history else "",
        "Created": config.created,
        "Author": config.author,
        "Architecture": config.architecture,
        **({"Variant": config.variant} if config.variant else {}),
        "Os": config.os,
        "Size": stored.size,
        "Config": run_config(config.config),
        "RootFS": {"Type": "layers", "Layers": list(config.rootfs.diff_ids)},
    }


def run_config(config: RunConfig) -> dict[str, Any]:
    """Every field that people ask for by template is there, set or not."""
    healthcheck = config.healthcheck
    return {
        "User": config.user,
        "ExposedPorts": config.exposed_ports or None,
        "Env": list(config.env),
        "Cmd": _list(config.cmd),
        "Healthcheck": msgspec.to_builtins(healthcheck) if healthcheck else None,
        "Volumes": config.volumes or None,
        "WorkingDir": config.working_dir,
        "Entrypoint": _list(config.entrypoint),
        "OnBuild": list(config.on_build) or None,
        "Labels": config.labels,
        "StopSignal": config.stop_signal,
        "Shell": list(config.shell) or None,
    }


def _list(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)


def _repositories(stored: StoredImage) -> list[str]:
    return list(dict.fromkeys(name.familiar_name() for name in stored.references))
