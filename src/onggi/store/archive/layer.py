"""A layer in an archive that is being loaded."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.store.archive.files import Files
from onggi.store.inflated import Inflated


class ArchiveLayer(msgspec.Struct, frozen=True):
    """`path` is where its blob is in the archive."""

    descriptor: Descriptor
    diff_id: Digest
    files: Files
    path: str

    def open(self) -> BinaryIO:
        return self.files.open(self.path)

    def uncompressed(self) -> BinaryIO:
        return Inflated(self.open())
