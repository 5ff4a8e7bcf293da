"""Layers unpacked to folders, keyed by diff ID and shared by all images, stages and containers. Immutable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from onggi.errors import NotFound
from onggi.layer import removal
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.solve.result import LayerRef
from onggi.store import usage
from onggi.store.disk import Disk, Lease

if TYPE_CHECKING:
    from onggi.oci.descriptor import Descriptor
    from onggi.store.layers import StoredLayer

_SELECT = "SELECT diff_id, tree_digest, size FROM snapshots"


class Snapshots:
    """snapshots/<hex of diff ID>/ is the layer's root folder itself, in overlay form."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def path(self, diff_id: Digest) -> str:
        return str(self._disk.root / "snapshots" / digests.hex_of(digests.parse(diff_id)))

    def get(self, diff_id: Digest, lease: Lease | None = None) -> LayerRef | None:
        """The snapshot if it is there; with a lease it stays there. Finding and leasing are one transaction."""
        query = f"{_SELECT} WHERE diff_id = ?"
        row = self._disk.db.one(query, (diff_id,))
        if row is None or not os.path.isdir(self.path(diff_id)):
            return None
        if lease is not None and not lease.holds("snapshot", diff_id):
            with self._disk.db.write(f"leasing layer {diff_id}") as transaction:
                row = transaction.execute(query, (diff_id,)).fetchone()
                if row is None or not os.path.isdir(self.path(diff_id)):
                    return None
                lease.take(transaction, "snapshot", diff_id)
        return LayerRef(*row)

    def list(self) -> list[LayerRef]:
        return [LayerRef(*row) for row in self._disk.db.all(_SELECT)]

    def add(self, folder: Path, ref: LayerRef, lease: Lease, *, is_canonical: bool = True) -> LayerRef:
        """Take over a folder of tmp/ by rename. If the snapshot is there already, the folder is left for its owner to
        drop. is_canonical: `pack(folder)` gives the diff ID."""
        target = self.path(ref.diff_id)
        disk = usage.own(str(folder))
        with self._disk.db.write(f"storing layer {ref.diff_id}") as transaction:
            row = transaction.execute(f"{_SELECT} WHERE diff_id = ?", (ref.diff_id,)).fetchone()
            exists = os.path.isdir(target)
            if row is not None and exists:
                lease.take(transaction, "snapshot", ref.diff_id)
                return LayerRef(*row)
            stale = self._disk.trash() if exists else ""
            if stale:  # left by a process that died between the rename and the commit
                transaction.rename(target, stale)
            transaction.rename(str(folder), target)
            transaction.execute(
                "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " (tree_digest, size, is_canonical, disk) ="
                " (excluded.tree_digest, excluded.size, excluded.is_canonical, excluded.disk)",
                (ref.diff_id, ref.tree_digest, ref.size, is_canonical, disk),
            )
            lease.take(transaction, "snapshot", ref.diff_id)
        if stale:
            removal.remove(stale)
        return ref

    def is_canonical(self, diff_id: Digest) -> bool:
        """Can the layer's tar be made again by packing its folder?"""
        row = self._disk.db.one("SELECT is_canonical FROM snapshots WHERE diff_id = ?", (diff_id,))
        return row is not None and bool(row[0])

    def layer(self, diff_id: Digest, descriptor: Descriptor | None = None) -> StoredLayer:
        """The layer as part of an image. Without a descriptor it comes uncompressed or, where the store cannot make its
        tar again, in the form in which some image has it. Raises NotFound."""
        from onggi.store.layers import StoredLayer

        row = self._disk.db.one("SELECT size, is_canonical FROM snapshots WHERE diff_id = ?", (diff_id,))
        if row is None:
            raise NotFound(f"no layer {diff_id} in the store {self._disk.root}")
        size, is_canonical = row
        return StoredLayer(
            descriptor=descriptor or self._describe(diff_id, size, bool(is_canonical)),
            diff_id=diff_id,
            size=size,
            folder=self.path(diff_id),
            blobs=str(self._disk.root / "blobs" / "sha256"),
            is_canonical=bool(is_canonical),
            kept=None if is_canonical else self.kept(diff_id),
        )

    def kept(self, diff_id: Digest) -> Digest | None:
        """The blob in which the store has the layer's tar for some image, rather one that is not compressed."""
        row = self._disk.db.one(
            "SELECT digest FROM image_layers JOIN blobs USING (digest)"
            " WHERE diff_id = ? ORDER BY digest = diff_id DESC LIMIT 1",
            (diff_id,),
        )
        return None if row is None else str(row[0])

    def is_kept_as(self, diff_id: Digest, digest: Digest) -> bool:
        """Is the blob the layer's, for some image?"""
        query = "SELECT 1 FROM image_layers WHERE diff_id = ? AND digest = ?"
        return self._disk.db.one(query, (diff_id, digest)) is not None

    def _describe(self, diff_id: Digest, size: int, is_canonical: bool) -> Descriptor:
        from onggi.oci import manifest as manifests
        from onggi.oci import mediatype
        from onggi.oci.descriptor import Descriptor

        if not is_canonical:
            row = self._disk.db.one(
                "SELECT position, manifest FROM image_layers JOIN blobs USING (digest)"
                " JOIN images ON images.id = image WHERE diff_id = ? ORDER BY digest = diff_id DESC LIMIT 1",
                (diff_id,),
            )
            if row is not None:
                position, manifest = row
                found: Descriptor = manifests.parse(manifest).layers[position]
                return found
        return Descriptor(mediatype.OCI_LAYER, diff_id, size)
