"""The inventories of what the steps of a build took, beside their logs: builds/<id>/<hex of the selection>.files.

Each is written once, by the first build that takes these very files, and linked into the folders of the builds of the
same project that follow. So one goes with the last record that names it, and needs no rows of its own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.solve.inventory import Entry
from onggi.store.disk import Disk

_DECODER = msgspec.msgpack.Decoder(tuple[Entry, ...])
_LEVEL = 1  # higher ones take longer and save little: most of it are digests


class Inventories:
    """msgpack under zstd: about 35 bytes a file."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def has(self, build: str, selection: Digest) -> bool:
        return self._path(build, selection).exists()

    def put(self, build: str, selection: Digest, entries: Iterable[Entry]) -> None:
        """Keep what `selection` stands for, for as long as the build's record is kept."""
        from zstandard import ZstdCompressor  # late: a build that takes nothing new does not pay for it

        data = ZstdCompressor(level=_LEVEL).compress(msgspec.msgpack.encode(list(entries)))
        path = self._path(build, selection)
        with self._disk.during("writing what a step takes"):
            draft = path.with_suffix(f".{os.urandom(4).hex()}")  # two steps may take the same at once
            draft.write_bytes(data)
            draft.rename(path)

    def carry(self, source: str, build: str, selections: Iterable[Digest]) -> None:
        """Let `build` have those of `selections` that the build `source` has."""
        with self._disk.during("keeping what a step takes"):
            for selection in selections:
                with contextlib.suppress(FileNotFoundError, FileExistsError):
                    os.link(self._path(source, selection), self._path(build, selection))

    def get(self, build: str, selection: Digest) -> tuple[Entry, ...] | None:
        """What a build's step took; None where nobody kept it."""
        from zstandard import ZstdDecompressor

        try:
            data = self._path(build, selection).read_bytes()
        except FileNotFoundError:
            return None
        return _DECODER.decode(ZstdDecompressor().decompress(data))

    def _path(self, build: str, selection: Digest) -> Path:
        return self._disk.root / "builds" / build / f"{digests.hex_of(selection)}.files"
