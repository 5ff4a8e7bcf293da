"""Docker's JSON of images, as `inspect` shows it (Engine API, ImageInspect)."""

from __future__ import annotations

from typing import Any

import msgspec

from onggi.engine.dates import rfc3339
from onggi.oci.config import Healthcheck, RunConfig
from onggi.store.images import StoredImage


def describe(stored: StoredImage) -> dict[str, Any]:
    config = stored.config()
    return {
        "Id": stored.id,
        "RepoTags": [name.familiar() for name in stored.references if name.tag],
        "RepoDigests": [name.familiar() for name in stored.pinned],
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
        "Descriptor": msgspec.to_builtins(stored.descriptor()),
        "Metadata": {"LastTagTime": rfc3339(stored.stored)},
    }


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
