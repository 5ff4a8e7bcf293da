"""What an image from elsewhere goes through before it is one of the store: checked, unpacked, recorded."""

from __future__ import annotations

import errno
import functools
import io
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias, cast

import msgspec

from onggi.errors import Corrupt, Invalid, Unavailable, Unsupported
from onggi.image import validate
from onggi.image.image import Image, Layer, Resumable
from onggi.layer.allowance import Allowance
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference
from onggi.solve.ports import Abandoned, Cancel
from onggi.solve.result import LayerRef
from onggi.solve.together import together
from onggi.store import indexes, origins
from onggi.store.arrivals import Arrivals, Arriving
from onggi.store.blobs import Blobs
from onggi.store.checked import Checked
from onggi.store.db import Transaction
from onggi.store.disk import Disk, Lease, make_folder
from onggi.store.layers import StoredLayer
from onggi.store.layout import publish
from onggi.store.several import Several
from onggi.store.snapshots import Snapshots

_CHUNK = 1 << 20
_WRONG = (Corrupt, Invalid, Unsupported)

LayerState: TypeAlias = Literal["fetching", "stored", "exists"]
Take: TypeAlias = Callable[[Layer, BinaryIO, Path], None]
"""Is given a layer, its blob, and the file that has what was read of it."""


class Transfer(msgspec.Struct, frozen=True):
    """How layers are taken in: how many at once; what ends all of it, set also where one fails; who is told, by a
    layer's digest, how far it is."""

    jobs: int = 1
    cancel: Cancel = msgspec.field(default_factory=Cancel)
    tell: Callable[[Digest, LayerState], object] = lambda digest, state: None


class Intake:
    """Puts images into a store; all of theirs is leased."""

    def __init__(
        self, disk: Disk, blobs: Blobs, snapshots: Snapshots, lease: Lease, transfer: Transfer | None = None
    ) -> None:
        self._disk, self._blobs, self._snapshots, self._lease = disk, blobs, snapshots, lease
        self._transfer = transfer or Transfer()
        self._allowance = Allowance()
        self._instead: dict[tuple[Digest, Digest], Digest] = {}

    def put_all(self, several: Sequence[Several]) -> list[tuple[Digest, tuple[Reference, ...]]]:
        """As `Images.put_all`."""
        images = [image for each in several for image in each.images]
        for image in images:
            validate.documents(image)
        layers = {(layer.diff_id, layer.descriptor.digest): layer for image in images for layer in image.layers()}
        self._put_layers(layers.values())
        return [(self._record(each), each.names) for each in several]

    def _put_layers(self, layers: Collection[Layer]) -> None:
        """Several at once, as the transfer says; the first that fails ends the others."""
        pieces = [functools.partial(self._put_layer, layer) for layer in layers]
        together(pieces, self._transfer.jobs, self._transfer.cancel, "layer")

    def _put_layer(self, layer: Layer) -> None:
        """Have the snapshot, and what it takes to make the layer's tar again."""
        with self._disk.lock(f"layer {layer.diff_id}", self._ask):
            if self._snapshots.get(layer.diff_id, self._lease) is None:
                take = self._unpack
            elif self._has(layer) or self._does_without(layer):
                self._tell(layer, "exists")
                return
            else:
                take = self._keep
            self._tell(layer, "fetching")
            self._fetch(layer, take)
            self._tell(layer, "stored")

    def _has(self, layer: Layer) -> bool:
        """Whether the blob is there. Raises Corrupt where it is another layer's."""
        diff_id, digest = layer.diff_id, layer.descriptor.digest
        if not self._blobs.has(digest, self._lease):
            return False
        if not self._snapshots.is_kept_as(diff_id, digest):
            with self._blobs.open(digest) as blob:
                self._check_contents(layer, blob)
        return True

    def _does_without(self, layer: Layer) -> bool:
        """Whether the blob is not needed beside the snapshot, as that packs to it. One that would have to come from
        afar, or that the store has done without before, is not needed as long as the layer's tar can be made again: the
        layer is squeezed anew where it is wanted."""
        diff_id, digest = layer.diff_id, layer.descriptor.digest
        is_at_hand = not isinstance(layer, (Resumable, StoredLayer))
        if self._snapshots.is_canonical(diff_id):
            return digest == diff_id or not is_at_hand
        kept = None if is_at_hand else self._snapshots.kept(diff_id)
        if kept is None or not self._blobs.has(kept, self._lease):
            return False
        self._instead[diff_id, digest] = kept
        return True

    def _ask(self) -> None:
        if self._transfer.cancel.is_set:
            raise Abandoned

    def _earn(self, count: int) -> None:
        """So many bytes of blobs have come; also those that had come before end with the transfer."""
        self._ask()
        self._allowance.earn(count)

    def _tell(self, layer: Layer, state: LayerState) -> None:
        self._transfer.tell(layer.descriptor.digest, state)

    def _fetch(self, layer: Layer, take: Take) -> None:
        """Have `take` read the blob."""
        with self._disk.during(f"storing layer {layer.descriptor.digest}"):
            if isinstance(layer, Resumable):
                with Arrivals(self._disk).open(layer.descriptor.digest) as file:
                    self._go_on(layer, file, take)
            else:
                with self._disk.temporary() as folder:
                    _read(layer, lambda offset: _buffered(layer.open()), folder / "blob", take)

    def _go_on(self, layer: Resumable, file: Path, take: Take) -> None:
        """Begin with what arrived of the blob before. Once more from the start if it turns out to be wrong: then that
        may have been at fault."""
        had_some = file.exists()
        try:
            _read(layer, layer.open_from, file, take)
        except _WRONG:
            file.unlink(missing_ok=True)
            if not had_some:
                raise
            try:
                _read(layer, layer.open_from, file, take)
            except _WRONG:
                file.unlink(missing_ok=True)
                raise
        file.unlink(missing_ok=True)

    def _keep(self, layer: Layer, blob: BinaryIO, file: Path) -> None:
        Checked(blob, layer.descriptor).finish()
        with file.open("rb") as whole:
            self._check_contents(layer, whole)
        self._blobs.add(file, layer.descriptor.digest, self._lease)

    def _check_contents(self, layer: Layer, blob: BinaryIO) -> None:
        """Hold the tar in the blob against that of the snapshot, for other images may come to rely on it."""
        from onggi.layer.compress import decompress

        found = self._snapshots.layer(layer.diff_id)
        try:
            Checked(decompress(blob), Descriptor(mediatype.OCI_LAYER, layer.diff_id, found.size)).finish()
        except Corrupt as error:
            raise Corrupt(f"layer {layer.descriptor.digest}: {error.message}", hint=error.hint) from error

    def _unpack(self, layer: Layer, blob: BinaryIO, file: Path) -> None:
        from onggi.layer.pack import pack  # late: what was built here is unpacked already
        from onggi.layer.unpack import unpack

        digest, diff_id = layer.descriptor.digest, layer.diff_id
        with self._disk.temporary() as folder:
            root = make_folder(folder / "root")
            checked = Checked(blob, layer.descriptor, self._earn)
            try:
                packed = unpack(io.BufferedReader(checked, _CHUNK), str(root), allowance=self._allowance)
            except _WRONG as error:
                if isinstance(error, Corrupt):
                    checked.finish()  # that these are other bytes says more than what is wrong with them
                raise type(error)(f"layer {digest}: {error.message}", hint=error.hint) from error
            except Unavailable as error:
                if getattr(error.__cause__, "errno", 0) in (errno.ENOSPC, errno.EDQUOT):
                    raise error.__cause__ from None  # type: ignore[misc]  # told as the store's, with its place
                raise
            checked.finish()
            if packed.diff_id != diff_id:
                raise Corrupt(f"layer {digest}: its contents are {packed.diff_id}, but the config names {diff_id}")
            is_canonical = digest == diff_id and pack(str(root)).diff_id == diff_id
            ref = LayerRef(diff_id, packed.tree_digest, packed.size)
            self._snapshots.add(root, ref, self._lease, is_canonical=is_canonical)
            if not is_canonical:
                self._blobs.add(file, digest, self._lease)

    def _record(self, several: Several) -> Digest:
        for image in several.images:
            if all(self._blobs.has(layer.digest, self._lease) for layer in image.manifest().layers):
                for document in (image.raw_manifest(), image.raw_config()):  # all of it is on disk as an OCI layout
                    self._blobs.put(document, self._lease)
        first, *_ = ids = [digests.of(image.raw_config()) for image in several.images]
        with self._disk.db.write(f"storing image {first}") as transaction:
            for image_id, image in zip(ids, several.images, strict=True):
                self._insert(transaction, image_id, image)
                self._lease.take(transaction, "image", image_id)
            for name in several.names:
                transaction.execute("INSERT OR REPLACE INTO names VALUES (?, ?)", (str(name), first))
            origins.put(transaction, several.origins, first)
            if several.raw_index and several.names:
                members = [digests.of(image.raw_manifest()) for image in several.images]
                raw = several.raw_index
                indexes.put(transaction, digests.of(raw), raw, list(zip(ids, members, strict=True)), several.names)
            indexes.drop_unnamed(transaction)
            publish(self._disk, transaction)
        return first

    def _insert(self, transaction: Transaction, image_id: Digest, image: Image) -> None:
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
            [
                (image_id, at, diff_id, self._instead.get((diff_id, layer.digest), layer.digest))
                for at, (diff_id, layer) in enumerate(chain)
            ],
        )


def _buffered(stream: BinaryIO) -> io.BufferedReader:
    return io.BufferedReader(cast(io.RawIOBase, stream), _CHUNK)


def _read(layer: Layer, open_from: Callable[[int], io.BufferedIOBase], file: Path, take: Take) -> None:
    """Let `take` read the blob, of which `file` may have the beginning, and has all in the end."""
    with file.open("ab+", buffering=0) as copy, Arriving(copy, layer.descriptor.size, open_from) as blob:
        take(layer, cast(BinaryIO, blob), file)
