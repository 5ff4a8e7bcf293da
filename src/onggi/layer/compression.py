"""How layers are to be squeezed: a plain value, which those who only pass it on can have for nothing."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Compression: TypeAlias = Literal["none", "gzip", "zstd"]


class Squeeze(msgspec.Struct, frozen=True):
    """`level` is the compression's own, None its middle. `all`: also layers that are compressed otherwise already."""

    compression: Compression = "none"
    level: int | None = None
    all: bool = True

    def keeps(self, compression: str) -> bool:
        """Does a layer stay as it is that is compressed like this?"""
        return compression == self.compression or (compression != "none" and not self.all)
