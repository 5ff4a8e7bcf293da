"""The tar of a layer, made again from its snapshot."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from onggi.errors import Corrupt
from onggi.layer.pack import pack
from onggi.layer.produced import produced
from onggi.oci.digest import Digest

_CHUNK = 1 << 18
_AHEAD = 2  # blocks, of a MiB or so, that packing may be ahead of the reader


def open_packed(folder: str, diff_id: Digest) -> BinaryIO:
    """The tar, packed while it is read; the caller closes it."""
    return cast(BinaryIO, io.BufferedReader(_Packed(folder, diff_id), _CHUNK))


def pack_checked(folder: str, write: Callable[[bytes], object], expected: Digest) -> None:
    """Write the tar; raises Corrupt unless it has the diff ID that is expected."""
    found = pack(folder, write).diff_id
    if found != expected:
        raise Corrupt(
            f"the snapshot of layer {expected} was changed: it packs to {found}",
            hint="run onggi system check --deep",
        )


class _Packed(io.RawIOBase):
    """Turns packing, which writes, into something to read: a thread packs a few chunks ahead."""

    def __init__(self, folder: str, diff_id: Digest) -> None:
        def run(give: Callable[[bytes], object]) -> None:
            pack_checked(folder, give, diff_id)

        self._blocks = produced(run, _AHEAD, "pack")
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._blocks.close()
        super().close()
