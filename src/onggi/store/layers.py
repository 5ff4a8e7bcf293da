"""A layer of the store: its bytes come from the blob that was kept, or from packing the snapshot."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from onggi.errors import NotFound
from onggi.oci import digest as digests
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest

_CHUNK = 1 << 18


class StoredLayer(msgspec.Struct, frozen=True, kw_only=True):
    """`size` is that of the uncompressed tar. `folder` is the snapshot, `blobs` the folder of blob files. `kept`: the
    blob that has the tar where the snapshot does not pack to it; the descriptor may be of another one, which is not
    here."""

    descriptor: Descriptor
    diff_id: Digest
    size: int
    folder: str
    blobs: str
    is_canonical: bool
    kept: Digest | None = None

    @property
    def can_open(self) -> bool:
        """Whether `open` gives these very bytes."""
        digest = self.descriptor.digest
        return not self._blob_missing(digest) or (digest == self.diff_id and self.is_canonical)

    def open(self) -> BinaryIO:
        """The blob as the descriptor says; raises NotFound if the store cannot give these very bytes."""
        if (blob := self._blob(self.descriptor.digest)) is not None:
            return blob
        if self.descriptor.digest == self.diff_id:
            return self.uncompressed()
        raise NotFound(f"the store keeps layer {self.diff_id}, but not its compressed form {self.descriptor.digest}")

    def uncompressed(self) -> BinaryIO:
        """The tar."""
        if (blob := self._blob(self.diff_id)) is not None:
            return blob
        if self.is_canonical:
            from onggi.store.packed import open_packed

            return open_packed(self.folder, self.diff_id)
        kept = self.kept or self.descriptor.digest
        if (blob := self._blob(kept)) is not None:
            from onggi.store.inflated import Inflated

            return Inflated(blob)
        raise NotFound(f"the tar of layer {self.diff_id} cannot be made again: its blob {kept} is gone")

    def copy(self, write: Callable[[bytes], object]) -> None:
        """Write the tar; without a detour through a reader where it is packed."""
        if self.is_canonical and self._blob_missing(self.diff_id):
            from onggi.store.packed import pack_checked

            pack_checked(self.folder, write, self.diff_id)
            return
        with self.uncompressed() as stream:
            while chunk := stream.read(_CHUNK):
                write(chunk)

    def _blob(self, digest: Digest) -> BinaryIO | None:
        try:
            return open(self._path(digest), "rb")
        except FileNotFoundError:
            return None

    def _blob_missing(self, digest: Digest) -> bool:
        return not os.path.isfile(self._path(digest))

    def _path(self, digest: Digest) -> str:
        return os.path.join(self.blobs, digests.hex_of(digest))
