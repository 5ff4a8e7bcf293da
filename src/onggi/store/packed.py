"""The tar of a layer, made again from its snapshot."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from onggi.errors import Corrupt
from onggi.layer.pack import pack
from onggi.layer.produced import produced
from onggi.oci.digest import Digest
from onggi.reader import Reader

_CHUNK = 1 << 18
_AHEAD = 2  # blocks, of a MiB or so, that packing may be ahead of the reader


def open_packed(folder: str, diff_id: Digest) -> BinaryIO:
    """The tar, packed while it is read; the caller closes it."""

    def run(give: Callable[[bytes], object]) -> None:
        pack_checked(folder, give, diff_id)

    return io.BufferedReader(Reader(produced(run, _AHEAD, "pack")), _CHUNK)


def pack_checked(folder: str, write: Callable[[bytes], object], expected: Digest) -> None:
    """Write the tar; raises Corrupt unless it has the diff ID that is expected."""
    found = pack(folder, write).diff_id
    if found != expected:
        raise Corrupt(
            f"the snapshot of layer {expected} was changed: it packs to {found}",
            hint="run onggi system check --deep",
        )
