"""What one layer may hold, so that a stranger's cannot fill the host."""

from __future__ import annotations

import msgspec

from onggi.errors import Invalid
from onggi.layer import tar
from onggi.layer.member import Member


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """`size`, in bytes, bounds the uncompressed tar and also its files with their holes;
    `depth` counts folders in folders."""

    entries: int = 5_000_000
    devices: int = 4_096
    size: int = 256 << 30
    depth: int = 512


DEFAULT_LIMITS = Limits()


class Tally:
    """What a layer holds so far, against the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.entries = 0
        self._devices = 0
        self._size = 0

    def add(self, member: Member) -> None:
        """Counts an entry of the tar; raises Invalid if it is one too many."""
        limits = self.limits
        self.entries += 1
        self._devices += member.kind in (tar.CHARACTER, tar.DEVICE) and member.device != (0, 0)
        self._size += member.size if member.holes is None else member.holes.size
        for count, limit, noun in (
            (self.entries, limits.entries, "entries"),
            (self._devices, limits.devices, "devices"),
            (self._size, limits.size, "bytes of files"),
        ):
            if count > limit:
                raise Invalid(f"{member}: a layer may have at most {limit} {noun}")

    def check_depth(self, path: bytes, member: Member) -> None:
        """Raises Invalid if the folder `path`, which `member` is in, is too deep."""
        if path.count(b"/") >= self.limits.depth:
            raise Invalid(f"{member}: a layer may be at most {self.limits.depth} folders deep")
