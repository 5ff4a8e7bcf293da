"""Platforms as people write them after --platform."""

from __future__ import annotations

from onggi.oci.platform import Platform

_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "i386": "386",
    "i686": "386",
    "armhf": "arm",
}
_DEFAULT_VARIANTS = {("arm64", "v8"), ("amd64", "v1")}


def parse_platform(text: str) -> Platform | None:
    """`linux/amd64`, `linux/arm64/v8` (which is linux/arm64) or just `arm64`; None for anything else."""
    parts = text.lower().split("/")
    if not all(parts) or len(parts) > 3 or parts == ["linux"]:
        return None
    if len(parts) == 1:
        parts = ["linux", *parts]
    architecture = _ARCHITECTURES.get(parts[1], parts[1])
    variant = parts[2] if len(parts) == 3 else ""
    return Platform(architecture, parts[0], "" if (architecture, variant) in _DEFAULT_VARIANTS else variant)
