"""What layers become when they are squeezed, as far as that was done before."""

from __future__ import annotations

from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.store.disk import Disk

_USUAL = -1


class Squeezed:
    """A hint: the blob is in some registry, not here, and the libraries of today may make another one."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def get(self, diff_id: Digest, compression: str, level: int | None) -> Descriptor | None:
        """What the layer was, squeezed so; `level` None is the compression's own."""
        row = self._disk.db.one(
            "SELECT digest, size FROM squeezed WHERE diff_id = ? AND compression = ? AND level = ?",
            (diff_id, compression, _USUAL if level is None else level),
        )
        return None if row is None else Descriptor(mediatype.OCI_LAYER_FOR[compression], *row)

    def put(self, diff_id: Digest, compression: str, level: int | None, squeezed: Descriptor) -> None:
        """Remember it, for as long as the layer is in the store."""
        with self._disk.db.write(f"noting what layer {diff_id} was squeezed to") as transaction:
            transaction.execute(
                "INSERT OR REPLACE INTO squeezed SELECT diff_id, ?, ?, ?, ? FROM snapshots WHERE diff_id = ?",
                (compression, _USUAL if level is None else level, squeezed.digest, squeezed.size, diff_id),
            )
