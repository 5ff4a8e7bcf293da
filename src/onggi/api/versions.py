"""Versions of the API: which are spoken, how one is asked for, and what older ones have otherwise.

What differs is in three tables. ASKED: parts of requests that a version does not know. ANSWERED: fields of answers that
a version does not have; documents are made with what any version has, and `answers` takes away what one has not.
CHANGED: the rest, by a sentence that is true from a version on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

from onggi.api.refusals import Refusal

Version: TypeAlias = tuple[int, int]

OLDEST: Version = (1, 24)
NEWEST: Version = (1, 56)


class Span(NamedTuple):
    """The versions that have something: from `first` on, and before `end`; `filled`: from this one on only where there
    is something in it."""

    first: Version = OLDEST
    end: Version | None = None
    filled: Version | None = None

    def has(self, version: Version) -> bool:
        return self.first <= version and (self.end is None or version < self.end)

    def is_filled(self, version: Version) -> bool:
        """Whether an empty one is left out."""
        return self.filled is not None and self.filled <= version


def _since(major: int, minor: int) -> Span:
    return Span(first=(major, minor))


def _until(major: int, minor: int) -> Span:
    """That version is the first without it."""
    return Span(end=(major, minor))


def _filled(major: int, minor: int) -> Span:
    return Span(filled=(major, minor))


def _each(span: Span, *names: str, of: str = "") -> Mapping[str, Span]:
    return dict.fromkeys((of + name for name in names), span)


Table: TypeAlias = Mapping[str, Mapping[str, Span]]
"""Of a request, the paths of fields; in them a `*` is each of a list, or of what has names of its own."""

ASKED: Table = {
    "GET /containers/{name}/stats": {"one-shot": _since(1, 41)},
    "GET /images/json": {
        "filter": _until(1, 41),
        "shared-size": _since(1, 42),
        "manifests": _since(1, 47),
        "identity": _since(1, 54),
    },
    "GET /images/{name:.+}/get": {"platform": _since(1, 48)},
    "GET /images/{name:.+}/history": {"platform": _since(1, 48)},
    "GET /images/{name:.+}/json": {"platform": _since(1, 49), "manifests": _since(1, 48)},
    "GET /images/get": {"platform": _since(1, 48)},
    "DELETE /images/{name:.+}": {"platforms": _since(1, 50)},
    "POST /images/create": {"platform": _since(1, 32)},
    "POST /images/load": {"platform": _since(1, 48)},
    "POST /images/prune": {"stream": _since(1, 56)},
    "POST /images/{name:.+}/push": {"platform": _since(1, 46)},
    "POST /build": {"platform": _since(1, 32)},
    "POST /build/prune": {
        **_each(_since(1, 48), "reserved-space", "max-used-space", "min-free-space"),
        "stream": _since(1, 56),
    },
    "POST /containers/create": {
        "platform": _since(1, 41),
        "HostConfig.AutoRemove": _since(1, 25),
        "HostConfig.Mounts.*.BindOptions.NonRecursive": _since(1, 40),
        "HostConfig.KernelMemoryTCP": Span((1, 40), (1, 52)),
        "HostConfig.Mounts.*.BindOptions.CreateMountpoint": _since(1, 42),
        "HostConfig.ConsoleSize": _since(1, 42),
        "HostConfig.Annotations": _since(1, 43),
        "HostConfig.Umask": _since(1, 56),
        "Healthcheck.StartInterval": _since(1, 44),
        "MacAddress": _until(1, 52),
        "NetworkingConfig.EndpointsConfig.*.MacAddress": _since(1, 44),
        "NetworkingConfig.EndpointsConfig.*.GwPriority": _since(1, 48),
    },
    "POST /containers/prune": {"stream": _since(1, 56)},
    "POST /containers/{name}/exec": {"ConsoleSize": _since(1, 42)},
    "POST /containers/{name}/restart": {"signal": _since(1, 42)},
    "POST /containers/{name}/stop": {"signal": _since(1, 42)},
    "POST /containers/{name}/update": {
        "PidsLimit": _since(1, 40),
        "KernelMemoryTCP": _until(1, 52),
        **_each(_since(1, 55), "WeightDevice", of="Blkio"),
        **_each(_since(1, 55), "ReadBps", "WriteBps", "ReadIOps", "WriteIOps", of="BlkioDevice"),
    },
    "POST /containers/{name}/wait": {"condition": _since(1, 30)},
    "POST /exec/{id}/start": {"ConsoleSize": _since(1, 42)},
    "GET /networks/{id}": {"scope": _since(1, 31)},
    "GET /system/df": {"type": _since(1, 42), "verbose": _since(1, 52)},
    "POST /networks/create": {"EnableIPv4": _since(1, 48)},
    "POST /networks/prune": {"stream": _since(1, 56)},
    "POST /networks/{id}/connect": {"EndpointConfig.GwPriority": _since(1, 48)},
    "POST /volumes/prune": {"stream": _since(1, 56)},
}
"""Parameters, and fields of bodies, that a version passes over (moby, daemon/server/router, and
api/docs/CHANGELOG.md)."""

_ENDPOINTS: Mapping[str, Span] = {
    "NetworkSettings.Networks.*.DNSNames": _since(1, 44),
    "NetworkSettings.Networks.*.GwPriority": _since(1, 48),
}
_SUMMARY: Mapping[str, Span] = {
    "HostConfig.Annotations": _since(1, 46),
    "Health": _since(1, 52),
    **_ENDPOINTS,
}
_IMAGE: Mapping[str, Span] = {"VirtualSize": _until(1, 44), "Descriptor": _since(1, 48)}
_VOLUME: Mapping[str, Span] = {"Options": _since(1, 25), "CreatedAt": _since(1, 31)}
_NETWORK: Mapping[str, Span] = {
    "Created": _since(1, 25),
    "Ingress": _since(1, 29),
    "EnableIPv4": _since(1, 48),
}


def _below(place: str, fields: Mapping[str, Span]) -> Mapping[str, Span]:
    return {f"{place}.{path}": span for path, span in fields.items()}


ANSWERED: Table = {
    "GET /containers/json": _below("*", _SUMMARY),
    "GET /containers/{name}/json": {
        **_each(_filled(1, 24), "ExposedPorts", "Healthcheck", "Shell", "StopSignal", of="Config."),
        "Config.StopTimeout": Span((1, 25), filled=(1, 25)),
        "Config.OnBuild": _filled(1, 52),
        "Config.Healthcheck.StartPeriod": _since(1, 29),
        "Config.Healthcheck.StartInterval": _since(1, 44),
        **_each(_since(1, 25), "AutoRemove", "CpuRealtimePeriod", "CpuRealtimeRuntime", "Init", of="HostConfig."),
        **_each(_filled(1, 24), "StorageOpt", "Sysctls", "Tmpfs", of="HostConfig."),
        "HostConfig.Mounts": Span((1, 25), filled=(1, 25)),
        "HostConfig.NanoCpus": _since(1, 25),
        "HostConfig.DeviceCgroupRules": _since(1, 28),
        "HostConfig.DeviceRequests": _since(1, 40),
        "HostConfig.CgroupnsMode": _since(1, 41),
        "HostConfig.Annotations": Span((1, 43), filled=(1, 43)),
        "HostConfig.Umask": Span((1, 56), filled=(1, 56)),
        **_each(_until(1, 52), "Bridge", "HairpinMode", of="NetworkSettings."),
        **_each(_until(1, 52), "LinkLocalIPv6Address", "LinkLocalIPv6PrefixLen", of="NetworkSettings."),
        **_each(_until(1, 52), "SecondaryIPAddresses", "SecondaryIPv6Addresses", of="NetworkSettings."),
        **_each(_until(1, 52), "EndpointID", "Gateway", "IPAddress", "IPPrefixLen", of="NetworkSettings."),
        **_each(_until(1, 52), "GlobalIPv6Address", "GlobalIPv6PrefixLen", of="NetworkSettings."),
        **_each(_until(1, 52), "IPv6Gateway", "MacAddress", of="NetworkSettings."),
        **_ENDPOINTS,
    },
    "GET /containers/{name}/stats": {
        "cpu_stats.online_cpus": _since(1, 27),
        "precpu_stats.online_cpus": _since(1, 27),
        "os_type": _since(1, 52),
    },
    "POST /containers/{name}/wait": {"Error": _since(1, 34)},
    "GET /exec/{id}/json": {"Pid": _since(1, 25)},
    "GET /images/json": {
        **_below("*", _IMAGE),
    },
    "GET /images/{name:.+}/json": {
        **_IMAGE,
        "Created": _filled(1, 44),
        "Metadata": _since(1, 31),
        **_each(_until(1, 45), "Container", "ContainerConfig"),
        **_each(_filled(1, 52), "Author", "Comment", "DockerVersion", "Parent"),
        **_each(_until(1, 50), "Hostname", "Domainname", "Image", of="Config."),
        **_each(_until(1, 50), "AttachStdin", "AttachStdout", "AttachStderr", of="Config."),
        **_each(_until(1, 50), "Tty", "OpenStdin", "StdinOnce", of="Config."),
        **_each(_filled(1, 24), "ExposedPorts", "Healthcheck", "Shell", "StopSignal", of="Config."),
        **_each(_filled(1, 52), "Cmd", "Entrypoint", "Env", "Labels", of="Config."),
        **_each(_filled(1, 52), "OnBuild", "User", "Volumes", "WorkingDir", of="Config."),
    },
    "GET /networks": {**_below("*", _NETWORK), "*.Containers": _until(1, 52), "*.Status": _since(1, 52)},
    "GET /networks/{id}": {**_NETWORK, "Status": _since(1, 52)},
    "GET /volumes": _below("Volumes.*", _VOLUME),
    "GET /volumes/{name}": _VOLUME,
    "POST /volumes/create": _VOLUME,
    "GET /events": _each(_until(1, 52), "status", "id", "from"),
    "GET /info": {
        "Isolation": _since(1, 25),
        "Plugins.Log": _since(1, 30),
        "Warnings": _since(1, 39),
        "PidsLimit": _since(1, 40),
        "CgroupVersion": _since(1, 41),
        "DefaultAddressPools": _since(1, 41),
        "KernelMemory": _until(1, 42),
        "KernelMemoryTCP": Span((1, 40), (1, 42)),
        "CDISpecDirs": _since(1, 44),
        "FirewallBackend": _since(1, 49),
        **_each(_until(1, 49), "ContainerdCommit.Expected", "RuncCommit.Expected", "InitCommit.Expected"),
        **_each(_until(1, 49), "CIDRs", "Hostnames", of="RegistryConfig.AllowNondistributableArtifacts"),
        **_each(_until(1, 50), "BridgeNfIptables", "BridgeNfIp6tables"),
    },
    "GET /version": {
        "MinAPIVersion": _since(1, 25),
        "Components": _since(1, 35),
        "Platform": _since(1, 35),
    },
    "GET /system/df": {
        "BuildCache": _since(1, 31),
        "BuilderSize": Span((1, 31), (1, 42)),
        "BuildCache.*.Parent": _until(1, 42),
        "BuildCache.*.Parents": _since(1, 42),
        **_below("Containers.*", _SUMMARY),
        **_below("Images.*", _IMAGE),
        **_below("Volumes.*", _VOLUME),
        **_each(_since(1, 52), "BuildCacheUsage", "ContainerUsage", "ImageUsage", "VolumeUsage"),
        "ImageUsage.Items.*.VirtualSize": _until(1, 44),
        "BuildCacheUsage.Items.*.Parent": _until(1, 42),
    },
}
"""Fields of answers (the same sources)."""

Change: TypeAlias = Literal[
    "security options have names",
    "a list of networks is without their containers",
    "a websocket tells in binary messages",
    "wait begins its answer at once",
    "a build says which image it made",
    "a container's IPC is its own alone",
    "pruned volumes are those without names",
    "options of a mount are those of its type",
    "multiplexed streams are called so",
    "a websocket is attached to what was asked for",
    "an image without names has none",
    "a MAC address is of an endpoint",
    "several endpoints",
    "read-only mounts are so all the way down",
    "a mount can be forced to be read-only",
    "a date may be unknown",
    "a part of a volume is mounted",
    "aliases are those that were asked for",
    "images are told to be made",
    "images are mounted",
    "a volume driver that is passed over is told",
    "containers of an image are counted",
    "several platforms are saved and loaded",
    "ports without bindings are told of",
]
"""Sentences that are true from a version on; a type, so that mypy knows one that is miswritten."""

CHANGED: Mapping[Change, Version] = {
    "security options have names": (1, 25),
    "a list of networks is without their containers": (1, 28),
    "a websocket tells in binary messages": (1, 28),
    "wait begins its answer at once": (1, 30),
    "a build says which image it made": (1, 30),
    "a container's IPC is its own alone": (1, 40),
    "pruned volumes are those without names": (1, 42),
    "options of a mount are those of its type": (1, 42),
    "multiplexed streams are called so": (1, 42),
    "a websocket is attached to what was asked for": (1, 42),
    "an image without names has none": (1, 43),
    "a MAC address is of an endpoint": (1, 44),
    "several endpoints": (1, 44),
    "read-only mounts are so all the way down": (1, 44),
    "a mount can be forced to be read-only": (1, 44),
    "a date may be unknown": (1, 44),
    "a part of a volume is mounted": (1, 45),
    "aliases are those that were asked for": (1, 45),
    "images are told to be made": (1, 46),
    "images are mounted": (1, 48),
    "a volume driver that is passed over is told": (1, 48),
    "containers of an image are counted": (1, 51),
    "several platforms are saved and loaded": (1, 52),
    "ports without bindings are told of": (1, 52),
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


def has(version: Version, what: Change) -> bool:
    """Whether that version is as CHANGED says."""
    return version >= CHANGED[what]


@cache
def unknown(version: Version, request: str) -> tuple[str, ...]:
    """What that version passes over of a request."""
    return tuple(path for path, span in ASKED.get(request, {}).items() if not span.has(version))


@cache
def absent(version: Version, request: str) -> tuple[str, ...]:
    """The fields that an answer of that version is without."""
    return tuple(path for path, span in ANSWERED.get(request, {}).items() if not span.has(version))


@cache
def filled(version: Version, request: str) -> tuple[str, ...]:
    """Those that it is without where there is nothing in them."""
    return tuple(path for path, span in ANSWERED.get(request, {}).items() if span.is_filled(version))
