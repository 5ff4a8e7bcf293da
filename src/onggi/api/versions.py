"""Versions of the API: which are spoken, how one is asked for, and what older ones have otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from onggi.api.refusals import Refusal

Version: TypeAlias = tuple[int, int]

OLDEST: Version = (1, 24)
NEWEST: Version = (1, 51)

ADDED: Mapping[str, Mapping[str, Version]] = {
    "GET /images/json": {"shared-size": (1, 42)},
    "GET /images/{name:.+}/get": {"platform": (1, 48)},
    "GET /images/{name:.+}/history": {"platform": (1, 48)},
    "GET /images/{name:.+}/json": {"platform": (1, 49)},
    "GET /images/get": {"platform": (1, 48)},
    "DELETE /images/{name:.+}": {"platforms": (1, 50)},
    "POST /images/create": {"platform": (1, 32)},
    "POST /images/load": {"platform": (1, 48)},
    "POST /images/{name:.+}/push": {"platform": (1, 46)},
    "POST /build": {"platform": (1, 32)},
    "POST /containers/create": {
        "platform": (1, 41),
        "HostConfig.AutoRemove": (1, 25),
        "HostConfig.Mounts.*.BindOptions.NonRecursive": (1, 40),
        "HostConfig.KernelMemoryTCP": (1, 40),
        "HostConfig.Mounts.*.BindOptions.CreateMountpoint": (1, 42),
        "HostConfig.ConsoleSize": (1, 42),
        "HostConfig.Annotations": (1, 43),
        "Healthcheck.StartInterval": (1, 44),
        "NetworkingConfig.EndpointsConfig.*.MacAddress": (1, 44),
        "NetworkingConfig.EndpointsConfig.*.GwPriority": (1, 48),
    },
    "POST /containers/{name}/exec": {"ConsoleSize": (1, 42)},
    "POST /containers/{name}/restart": {"signal": (1, 42)},
    "POST /containers/{name}/stop": {"signal": (1, 42)},
    "POST /containers/{name}/update": {"PidsLimit": (1, 40)},
    "POST /containers/{name}/wait": {"condition": (1, 30)},
    "POST /exec/{id}/start": {"ConsoleSize": (1, 42)},
    "GET /networks/{id}": {"scope": (1, 31)},
    "GET /system/df": {"type": (1, 42)},
    "POST /networks/create": {"EnableIPv4": (1, 48)},
    "POST /networks/{id}/connect": {"EndpointConfig.GwPriority": (1, 48)},
}
"""Of requests: parameters, and fields of bodies by their paths, that older versions pass over, and since when they are
there (moby, daemon/server/router, and docs/api/version-history.md)."""

CHANGED: Mapping[str, Version] = {
    "security options have names": (1, 25),
    "a list of networks is without their containers": (1, 28),
    "disk usage has no sum of the build cache": (1, 42),
    "pruned volumes are those without names": (1, 42),
    "wait begins its answer at once": (1, 30),
    "a container's IPC is its own alone": (1, 40),
    "options of a mount are those of its type": (1, 42),
    "multiplexed streams are called so": (1, 42),
    "a websocket is attached to what was asked for": (1, 42),
    "a MAC address is of an endpoint": (1, 44),
    "several endpoints": (1, 44),
    "read-only mounts are so all the way down": (1, 44),
    "a mount can be forced to be read-only": (1, 44),
    "a part of a volume is mounted": (1, 45),
    "aliases are those that were asked for": (1, 45),
    "summaries have annotations": (1, 46),
    "an image without names has none": (1, 43),
    "an image has one size": (1, 44),
    "an image knows no container that made it": (1, 45),
    "an image has a descriptor": (1, 48),
    "an image is not configured as containers are": (1, 50),
    "containers of an image are counted": (1, 51),
    "images are mounted": (1, 48),
    "a volume driver that is passed over is told": (1, 48),
}
"""What else is otherwise before that version."""

_PATH = re.compile(r"/v([0-9]{1,3})\.([0-9]{1,3})(/.*)")


def text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def split(path: str) -> tuple[Version, str]:
    """The version that a path begins with, and what is behind it; without one it is the newest. Raises Refusal for one
    that is not spoken, in Docker's words (moby, daemon/server/middleware/version.go)."""
    found = _PATH.fullmatch(path)
    if found is None:
        return NEWEST, path
    version = int(found[1]), int(found[2])
    if version > NEWEST:
        raise Refusal(
            400, f"client version {text(version)} is too new. Maximum supported API version is {text(NEWEST)}"
        )
    if version < OLDEST:
        raise Refusal(
            400,
            f"client version {text(version)} is too old. Minimum supported API version is {text(OLDEST)}, please"
            " upgrade your client to a newer version",
        )
    return version, found[3]


def has(version: Version, what: str) -> bool:
    """Whether that version is as CHANGED says."""
    return version >= CHANGED[what]


def unknown(version: Version, request: str) -> Sequence[str]:
    """What that version passes over of a request."""
    return [name for name, since in ADDED.get(request, {}).items() if version < since]
