"""The options of the frontend for Dockerfiles → what a build is asked for (moby/buildkit, frontend/dockerui: config.go,
attr.go; frontend/attestations). As there, an option that nobody knows is passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from onggi.api.buildkit import worker
from onggi.boolean import parse_bool
from onggi.container import extra_hosts, rlimit
from onggi.engine.types import BuildRequest
from onggi.errors import Invalid, Unsupported
from onggi.fields import Fields, split
from onggi.oci import platform

_Read: TypeAlias = dict[str, Any]
_MULTI_PLATFORM = "BUILDKIT_MULTI_PLATFORM"
_EPOCH = "SOURCE_DATE_EPOCH"
_ARGUMENTS = "build-arg:"


def beneath(options: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Those whose names begin with it, without it."""
    return {name.removeprefix(prefix): value for name, value in options.items() if name.startswith(prefix)}


def request(options: Mapping[str, str]) -> BuildRequest:
    """Without context, Dockerfile and outputs. Raises Invalid, and Unsupported for what would change what is built."""
    for name, value in options.items():
        _refuse(name, value)
    fields: _Read = {}
    for name, read in _OPTIONS.items():
        if name in options:
            fields |= read(options[name])
    return BuildRequest(
        context="",
        build_args=_arguments(options),
        labels=beneath(options, "label:"),
        **fields,
    )


def _refuse(name: str, value: str) -> None:
    """Raises Unsupported, Invalid."""
    prefix, colon, _ = name.partition(":")
    refuse = _REFUSED.get(name) or _REFUSED.get(prefix + colon)
    if refuse is not None:
        refuse(name, value)


def _arguments(options: Mapping[str, str]) -> dict[str, str]:
    """The engine heeds those of BuildKit's own; a date that is empty is none, for BuildKit."""
    found = beneath(options, _ARGUMENTS)
    if not found.get(_EPOCH, "none"):
        del found[_EPOCH]
    if (text := options.get("multi-platform", "")) and _MULTI_PLATFORM not in found:
        found[_MULTI_PLATFORM] = str(_flag("multi-platform", text)).lower()
    return found


def _flag(name: str, text: str) -> bool:
    found = parse_bool(text)
    if found is None:
        raise Invalid(f"{name} is true or false, not {text!r}")
    return found


def _platforms(text: str) -> _Read:
    return {"platforms": tuple(dict.fromkeys(platform.parse(each) for each in text.split(",") if each))}


def _no_cache(text: str) -> _Read:
    stages = tuple(each for each in text.split(",") if each)
    return {"no_cache_stages": stages} if stages else {"no_cache": True}


def _pull(text: str) -> _Read:
    modes = {"": False, "default": False, "local": False, "pull": True}
    if text not in modes:
        raise Invalid(f"image-resolve-mode is default, local or pull, not {text!r}")
    return {"pull": modes[text]}


def _hosts(text: str) -> _Read:
    hosts = (extra_hosts.parse(each).partition(":") for each in split("add-hosts", text))
    gateway = extra_hosts.GATEWAY
    return {"hosts": tuple(f"{name}:{gateway if to == worker.HOST_GATEWAY else to}" for name, _, to in hosts)}


def _ulimits(text: str) -> _Read:
    return {"ulimits": tuple(rlimit.parse(each).text() for each in split("ulimit", text))}


def _shm_size(text: str) -> _Read:
    return {"shm_size": Fields("the build", {"shm-size": text}).number("shm-size") or 0}


def _network(text: str) -> _Read:
    modes: Mapping[str, Literal["default", "host", "none"]] = {
        "": "default",
        "default": "default",
        "sandbox": "default",
        "host": "host",
        "none": "none",
    }
    if text not in modes:
        raise Unsupported(f"force-network-mode {text} is not supported", hint="it is default, host or none")
    return {"network": modes[text]}


_OPTIONS: Mapping[str, Callable[[str], _Read]] = {
    "target": lambda text: {"target": text},
    "platform": _platforms,
    "no-cache": _no_cache,
    "image-resolve-mode": _pull,
    "add-hosts": _hosts,
    "ulimit": _ulimits,
    "shm-size": _shm_size,
    "cgroup-parent": lambda text: {"cgroup_parent": text},
    "force-network-mode": _network,
}


def _no_hostname(name: str, value: str) -> None:
    if value:
        raise Unsupported(f"{name.removeprefix(_ARGUMENTS)}: RUN steps have no host name of the client's choice")


def _no_mount(name: str, value: str) -> None:
    raise Unsupported(f"{name}: no mounts are added to all RUN steps", hint="write RUN --mount=… where it is needed")


def _no_attestation(name: str, value: str) -> None:
    """One that clients ask for on their own, without anybody's will, has this: it may be left out."""
    said = dict(each.partition("=")[::2] for each in split(name, value))
    if _flag(name, said.get("disabled") or "false") or _flag(name, said.get("inline-only") or "false"):
        return
    raise Unsupported(
        f"{name}: onggi writes no attestations",
        hint="leave --attest, --provenance and --sbom out; `onggi builds show` tells how an image was built",
    )


_REFUSED: Mapping[str, Callable[[str, str], None]] = {
    "hostname": _no_hostname,
    "build-arg:BUILDKIT_SANDBOX_HOSTNAME": _no_hostname,
    "automount:": _no_mount,
    "attest:": _no_attestation,
    "build-arg:BUILDKIT_ATTEST_PROVENANCE": _no_attestation,
    "build-arg:BUILDKIT_ATTEST_SBOM": _no_attestation,
}
"""By name, or by what names begin with."""
