"""Operating system and processor names as the OCI image spec and Go spell them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from onggi.errors import Invalid

Thing = TypeVar("Thing")

_ALIASES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "aarch64": ("arm64", ""),
    "loongarch64": ("loong64", ""),
    "armhf": ("arm", "v7"),
    "armv7l": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv6l": ("arm", "v6"),
}
"""What kernels and people call a processor → Go's name and variant for it (containerd, platforms)."""
_DEFAULT_VARIANTS = {("arm64", "v8"), ("amd64", "v1")}
"""Variants that are the same as none."""
_ARCHITECTURES = frozenset(
    [
        "386",
        "amd64",
        "arm",
        "arm64",
        "arm64be",
        "armbe",
        "loong64",
        "mips",
        "mips64",
        "mips64le",
        "mipsle",
        "ppc",
        "ppc64",
        "ppc64le",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "sparc",
        "sparc64",
        "wasm",
    ]
)
"""Go's names (internal/goarch): those that it has, and those that it keeps for later."""
_SYSTEMS = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "illumos",
        "ios",
        "js",
        "linux",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "wasip1",
        "windows",
    ]
)
"""Go's names of operating systems (internal/goos)."""


class Platform(msgspec.Struct, frozen=True, omit_defaults=True):
    """One platform; `str()` gives `linux/arm/v7`."""

    architecture: str
    os: str = "linux"
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


def fits(its: Platform, wanted: Platform) -> bool:
    """Is what is for one platform for the other one? Another variant is where either says none."""
    if (its.os, its.architecture) != (wanted.os, wanted.architecture):
        return False
    return its.variant == wanted.variant or not (its.variant and wanted.variant)


def fitting(offered: Iterable[tuple[Platform, Thing]], wanted: Platform) -> list[Thing]:
    """What is for a platform, the one with its very variant first."""
    able = [(its, thing) for its, thing in offered if fits(its, wanted)]
    return [thing for _, thing in sorted(able, key=lambda pair: pair[0].variant != wanted.variant)]


def is_known(system: str, architecture: str) -> bool:
    """Does Go have names like these?"""
    return system in _SYSTEMS and architecture in _ARCHITECTURES


def of_host() -> Platform:
    """The platform this machine runs without emulation."""
    machine = os.uname().machine
    architecture, variant = _ALIASES.get(machine, (machine, ""))
    return Platform(architecture, "linux", variant)


def parse(text: str) -> Platform:
    """`linux/amd64`, `linux/arm/v7`, `linux/arm64/v8` (which is linux/arm64) or just `arm64`; raises Invalid."""
    parts = text.lower().split("/")
    if not all(parts) or len(parts) > 3 or parts == ["linux"]:
        raise Invalid(f"not a platform: {text!r}", hint="write os/architecture[/variant], for example linux/arm64")
    system, named, *given = parts if len(parts) > 1 else ("linux", *parts)
    architecture, variant = _ALIASES.get(named, (named, ""))
    if architecture not in _ARCHITECTURES:
        from onggi.suggest import did_you_mean  # late: for a mistake only

        raise Invalid(
            f"not a platform: {text!r}: unknown architecture {named}{did_you_mean(named, _ARCHITECTURES)}",
            hint="architectures: " + ", ".join(sorted(_ARCHITECTURES)),
        )
    variant = given[0] if given else variant
    return Platform(architecture, system, "" if (architecture, variant) in _DEFAULT_VARIANTS else variant)
