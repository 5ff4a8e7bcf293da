"""Operating system and processor names as the OCI image spec and Go spell them."""

from __future__ import annotations

import os

import msgspec

from onggi.errors import Invalid

_MACHINES = {
    "x86_64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "ppc64le": ("ppc64le", ""),
    "s390x": ("s390x", ""),
    "riscv64": ("riscv64", ""),
    "i686": ("386", ""),
}


class Platform(msgspec.Struct, frozen=True, omit_defaults=True):
    """One platform; `str()` gives `linux/arm/v7`."""

    architecture: str
    os: str = "linux"
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


def of_host() -> Platform:
    """The platform this machine runs without emulation."""
    architecture, variant = _MACHINES.get(os.uname().machine, (os.uname().machine, ""))
    return Platform(architecture, "linux", variant)


def parse(text: str) -> Platform:
    """`linux/amd64`, `linux/arm/v7` → Platform; raises Invalid."""
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise Invalid(f"not a platform: {text!r}", hint="write os/architecture[/variant], for example linux/arm64")
    return Platform(parts[1], parts[0], parts[2] if len(parts) == 3 else "")
