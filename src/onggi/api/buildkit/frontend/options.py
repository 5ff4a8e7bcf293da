"""The options of the frontend for Dockerfiles → what a build is asked for (moby/buildkit, frontend/dockerui)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from onggi.engine.types import BuildRequest
from onggi.oci import platform

_NETWORKS: Mapping[str, Literal["default", "host", "none"]] = {
    "": "default",
    "default": "default",
    "host": "host",
    "none": "none",
}


def beneath(options: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Those whose names begin with it, without it."""
    return {name.removeprefix(prefix): value for name, value in options.items() if name.startswith(prefix)}


def request(options: Mapping[str, str]) -> BuildRequest:
    """Without context, Dockerfile and outputs."""
    asked = options.get("platform", "")
    return BuildRequest(
        context="",
        target=options.get("target", ""),
        platforms=tuple(platform.parse(each) for each in asked.split(",") if each),
        build_args=beneath(options, "build-arg:"),
        labels=beneath(options, "label:"),
        no_cache="no-cache" in options,
        pull=options.get("image-resolve-mode") == "pull",
        hosts=tuple(each.replace("=", ":", 1) for each in options.get("add-hosts", "").split(",") if each),
        shm_size=int(options.get("shm-size") or 0),
        ulimits=tuple(each for each in options.get("ulimit", "").split(",") if each),
        network=_NETWORKS[options.get("force-network-mode", "")],
    )
