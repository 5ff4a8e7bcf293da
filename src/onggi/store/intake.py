"""What an image from elsewhere goes through before it is one of the store: checked, unpacked, recorded."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence

from onggi.errors import Corrupt
from onggi.image import validate
from onggi.image.image import Image, Layer
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference
from onggi.solve.result import LayerRef
from onggi.store import indexes
from onggi.store.blobs import Blobs
from onggi.store.checked import Checked
from onggi.store.db import Transaction
from onggi.store.disk import Disk, Lease, make_folder
from onggi.store.images import Several
from onggi.store.layout import publish
from onggi.store.snapshots import Snapshots

_CHUNK = 1 << 20


class Intake:
    """Puts images into a store; all of theirs is leased."""

    def __init__(self, disk: Disk, blobs: Blobs, snapshots: Snapshots, lease: Lease) -> None:
        self._disk, self._blobs, self._snapshots, self._lease = disk, blobs, snapshots, lease

    def put_all(self, several: Sequence[Several]) -> list[tuple[Digest, tuple[Reference, ...]]]:
        """As `Images.put_all`."""
        for image in (image for each in several for image in each.images):
            validate.documents(image)
        for image in (image for each in several for image in each.images):
            for layer, diff_id in zip(image.layers(), image.config().rootfs.diff_ids, strict=True):
                self._put_layer(layer, diff_id)
        return [(self._record(each), each.names) for each in several]

    def _put_layer(self, layer: Layer, diff_id: Digest) -> None:
        """Have the snapshot, and a blob too unless the snapshot packs to these very bytes."""
        digest = layer.descriptor.digest
        with self._disk.lock(f"layer {diff_id}"):
            if self._snapshots.get(diff_id, self._lease) is None:
                self._unpack(layer, diff_id)
            elif digest != diff_id or not self._snapshots.is_canonical(diff_id):
                self._keep_blob(layer)

    def _keep_blob(self, layer: Layer) -> None:
        digest = layer.descriptor.digest
        if not self._blobs.has(digest, self._lease):
            with self._disk.temporary() as folder, self._disk.during(f"storing layer {digest}"):
                blob = folder / "blob"
                with layer.open() as source, blob.open("wb") as copy:
                    Checked(source, layer.descriptor, copy).finish()
                self._blobs.add(blob, digest, self._lease)

    def _unpack(self, layer: Layer, diff_id: Digest) -> None:
        from onggi.layer.pack import pack  # late: what was built here is unpacked already
        from onggi.layer.unpack import unpack

        digest = layer.descriptor.digest
        with self._disk.temporary() as folder, self._disk.during(f"storing layer {diff_id}"):
            blob, root = folder / "blob", make_folder(folder / "root")
            with layer.open() as source, blob.open("wb") as copy:
                checked = Checked(source, layer.descriptor, copy)
                packed = unpack(io.BufferedReader(checked, _CHUNK), str(root))
                checked.finish()
            if packed.diff_id != diff_id:
                raise Corrupt(f"a layer's contents are {packed.diff_id}, but the config names {diff_id}")
            is_canonical = digest == diff_id and pack(str(root)).diff_id == diff_id
            ref = LayerRef(diff_id, packed.tree_digest, packed.size)
            self._snapshots.add(root, ref, self._lease, is_canonical=is_canonical)
            if not is_canonical:
                self._blobs.add(blob, digest, self._lease)

    def _record(self, several: Several) -> Digest:
        for image in several.images:
            if all(self._blobs.has(layer.digest, self._lease) for layer in image.manifest().layers):
                for document in (image.raw_manifest(), image.raw_config()):  # all of it is on disk as an OCI layout
                    self._blobs.put(document, self._lease)
        first, *_ = ids = [digests.of(image.raw_config()) for image in several.images]
        with self._disk.db.write(f"storing image {first}") as transaction:
            for image_id, image in zip(ids, several.images, strict=True):
                _insert(transaction, image_id, image)
                self._lease.take(transaction, "image", image_id)
            for name in several.names:
                transaction.execute("INSERT OR REPLACE INTO names VALUES (?, ?)", (str(name), first))
            if several.raw_index and several.names:
                members = [digests.of(image.raw_manifest()) for image in several.images]
                raw = several.raw_index
                indexes.put(transaction, digests.of(raw), raw, list(zip(ids, members, strict=True)), several.names)
            indexes.drop_unnamed(transaction)
            publish(self._disk, transaction)
        return first


def _insert(transaction: Transaction, image_id: Digest, image: Image) -> None:
    raw_manifest = image.raw_manifest()
    chain = zip(image.config().rootfs.diff_ids, image.manifest().layers, strict=True)
    transaction.execute(
        "INSERT INTO images VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " manifest_digest = excluded.manifest_digest, manifest = excluded.manifest",
        (image_id, digests.of(raw_manifest), raw_manifest, image.raw_config(), time.time()),
    )
    transaction.execute("DELETE FROM image_layers WHERE image = ?", (image_id,))
    transaction.execute_many(
        "INSERT INTO image_layers VALUES (?, ?, ?, ?)",
        [(image_id, at, diff_id, layer.digest) for at, (diff_id, layer) in enumerate(chain)],
    )
