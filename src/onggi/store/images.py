"""Images by ID, name and digest. An image that is in here has all its layers unpacked and can be run at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from onggi.errors import Conflict, Invalid, NotFound
from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci import platform as platforms
from onggi.oci import reference as references
from onggi.oci.config import ImageConfig
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.solve.result import LayerRef
from onggi.store import indexes, origins
from onggi.store.blobs import Blobs
from onggi.store.db import Transaction
from onggi.store.disk import Disk, Lease
from onggi.store.indexes import StoredIndex
from onggi.store.origins import Origin, Origins
from onggi.store.several import Several
from onggi.store.snapshots import Snapshots

if TYPE_CHECKING:
    from onggi.image.image import Image
    from onggi.oci.manifest import Manifest
    from onggi.store.intake import Transfer
    from onggi.store.layers import StoredLayer

_HEX = frozenset("0123456789abcdef")
# Names that lead to another image of an index which a registry has.
_SIBLINGS = """
    SELECT DISTINCT images.id, name FROM images JOIN (
        SELECT origins.image AS image, name
        FROM origins JOIN origins AS other USING (repository, digest) JOIN names ON names.image = other.image
        WHERE other.image != origins.image
        AND substr(name, 1, length(repository) + 1) IN (repository || ':', repository || '@')
    ) AS named ON named.image = images.id {where} ORDER BY name
"""


class StoredImage(msgspec.Struct, frozen=True):
    """An Image of the store. `digest` is its manifest's; `refs` are its layers, lowest first; `stored` is seconds since
    the epoch; `part_of` the names of the images for several platforms that it is one of; `origins` is what
    registries know it by."""

    id: Digest
    digest: Digest
    references: tuple[Reference, ...]
    refs: tuple[LayerRef, ...]
    stored: float
    part_of: tuple[Reference, ...]
    origins: tuple[Origin, ...]
    _manifest: bytes
    _config: bytes
    _snapshots: Snapshots

    @property
    def size(self) -> int:
        """Bytes of all its layers, uncompressed."""
        return sum(ref.size for ref in self.refs)

    @property
    def pinned(self) -> tuple[Reference, ...]:
        """What registries know it by, as names that one may use for it."""
        return tuple(references.parse(f"{each.repository}@{each.digest}") for each in self.origins)

    @property
    def is_dangling(self) -> bool:
        """No name leads to it."""
        return not (self.references or self.part_of)

    def raw_manifest(self) -> bytes:
        return self._manifest

    def manifest(self) -> Manifest:
        from onggi.oci import manifest as manifests

        return manifests.parse(self._manifest)

    def descriptor(self) -> Descriptor:
        """Its manifest's."""
        media_type = self.manifest().media_type or mediatype.OCI_MANIFEST
        return Descriptor(media_type, self.digest, len(self._manifest))

    def raw_config(self) -> bytes:
        return self._config

    def config(self) -> ImageConfig:
        return configs.parse(self._config)

    def layers(self) -> tuple[StoredLayer, ...]:
        descriptors = self.manifest().layers
        return tuple(
            self._snapshots.layer(ref.diff_id, descriptor)
            for ref, descriptor in zip(self.refs, descriptors, strict=True)
        )


class Images:
    """Sink and source of images."""

    def __init__(self, disk: Disk, blobs: Blobs, snapshots: Snapshots) -> None:
        self._disk, self._blobs, self._snapshots = disk, blobs, snapshots
        self._origins = Origins(disk)

    def put(self, image: Image, names: Iterable[Reference] = (), lease: Lease | None = None) -> Digest:
        """Store an image, unpacking the layers that are not here yet, and name it; a name that another image had moves.
        Raises Corrupt if a digest, a size or a diff ID is wrong; then nothing of it is named or listed."""
        if lease is None:
            with self._disk.lease() as own:
                return self.put(image, names, own)
        ((image_id, _),) = self.put_all([Several((image,), tuple(names))], lease)
        return image_id

    def put_index(self, raw: bytes, images: Sequence[Image], names: Sequence[Reference], lease: Lease) -> Digest:
        """Store an image for several platforms; the first of `images` is what those get who name no platform. Its
        digest. Without a name only its images are stored."""
        self.put_all([Several(tuple(images), tuple(names), raw)], lease)
        return digests.of(raw)

    def put_all(
        self, several: Sequence[Several], lease: Lease, transfer: Transfer | None = None
    ) -> list[tuple[Digest, tuple[Reference, ...]]]:
        """As `put`, for several: all of them have their layers in the store before the first is named or listed. The
        IDs of those that the names lead to."""
        from onggi.store.intake import Intake  # late: most commands only look at images

        return Intake(self._disk, self._blobs, self._snapshots, lease, transfer).put_all(several)

    def get(self, text: str, lease: Lease | None = None, prefer: Platform | None = None) -> StoredImage:
        """By reference, ID, the beginning of an ID, or name@digest; with a lease the image and its layers stay. Of an
        image for several platforms it is the one for `prefer`, if there is one. Raises NotFound, or Invalid where a
        beginning fits several."""
        if lease is None:
            image_id = self._find(text, prefer)
        else:  # one transaction, for the name may move meanwhile, and the image that had it go
            with self._disk.db.write(f"leasing image {text}") as transaction:
                image_id = self._find(text, prefer)
                lease.take(transaction, "image", image_id)
        found = self._load("WHERE images.id = ?", (image_id,))
        if not found:
            raise _missing(text)
        return found[0]

    def named(self, name: Reference) -> Digest | None:
        """The ID of the image that has this very name."""
        row = self._disk.db.one("SELECT image FROM names WHERE name = ?", (str(name),))
        return None if row is None else str(row[0])

    def meant_by(self, text: str) -> frozenset[Digest]:
        """The IDs of the images that a reference or ID means, several where it is one for several platforms. Raises as
        `get` does, and is quicker."""
        index = self.index(text)
        return frozenset((self._find(text), *(member.image for member in (index.members if index else ()))))

    def list(self) -> list[StoredImage]:
        """All images, newest in this store first."""
        return [*self._load("", ())]

    def index(self, text: str) -> StoredIndex | None:
        """What a reference or a digest means, if it is an image for several platforms."""
        try:
            name = str(references.parse(text))
        except Invalid:
            name = text
        return indexes.named(self._disk.db, name)

    def tag(self, source: str, name: Reference) -> None:
        """Name an image, which may be one for several platforms; the image that had the name keeps its other names, or
        dangles. Raises NotFound."""
        with self._disk.db.write(f"naming image {name.familiar()}") as transaction:
            image_id, index = self._find(source), self.index(source)
            transaction.execute("INSERT OR REPLACE INTO names VALUES (?, ?)", (str(name), image_id))
            if index is not None:
                indexes.name(transaction, index.digest, (name,))
            indexes.drop_unnamed(transaction)
            self._publish(transaction)

    def untag(self, *names: Reference) -> None:
        """Take names away; one with a digest may be what a registry knows an image by. Raises NotFound."""
        with self._disk.db.write("removing names of images") as transaction:
            for name in names:
                if not (_forget_name(transaction, name) | origins.forget(transaction, name)):
                    raise _missing(name.familiar())
            indexes.drop_unnamed(transaction)
            self._publish(transaction)

    def remove(self, image_id: Digest) -> None:
        """Forget an image and its names. Its layers go with the next garbage collection unless others use them. Raises
        NotFound, and Conflict when a living process uses it."""
        with self._disk.db.write(f"removing image {image_id}") as transaction:
            living = set(self._disk.sessions())
            rows = transaction.execute("SELECT session FROM leases WHERE kind = 'image' AND subject = ?", (image_id,))
            if any(session in living for (session,) in rows.fetchall()):
                raise Conflict(f"image {digests.short(image_id)} is being used by a build or another command")
            indexes.forget(transaction, image_id)
            if not transaction.execute("DELETE FROM images WHERE id = ? RETURNING 1", (image_id,)).fetchall():
                raise _missing(image_id)
            indexes.drop_unnamed(transaction)
            self._publish(transaction)

    def _publish(self, transaction: Transaction) -> None:
        from onggi.store.layout import publish

        publish(self._disk, transaction)

    def _find(self, text: str, prefer: Platform | None = None) -> Digest:
        if prefer is not None and (index := self.index(text)) and (member := index.for_platform(prefer)):
            return member.image
        try:
            name = references.parse(text)
        except Invalid:
            return self._with_prefix(text)
        found = self.named(name) or self._pinned(name) or self._of_origin(name)
        if not found:
            return self._with_prefix(text)
        return found if prefer is None else self._fitting(found, name, prefer)

    def _fitting(self, image: Digest, name: Reference, prefer: Platform) -> Digest:
        """The image, or one of its siblings where that is for the platform and the image is not."""
        offered = []
        for each in (image, *self._origins.siblings(image, name.name())):
            (config,) = self._disk.db.one("SELECT config FROM images WHERE id = ?", (each,))
            offered.append((indexes.platform_of(config), each))
        return (*platforms.fitting(offered, prefer), image)[0]

    def _of_origin(self, name: Reference) -> Digest | None:
        """The image that a registry knows by the name's digest."""
        return next(iter(self._origins.images(Origin(name.name(), name.digest))), None) if name.digest else None

    def _pinned(self, name: Reference) -> Digest | None:
        """The image of the same repository whose manifest, or index, has the name's digest."""
        row = name.digest and self._disk.db.one(
            "SELECT image FROM names JOIN images ON images.id = names.image"
            " WHERE (images.manifest_digest = ? OR name IN (SELECT name FROM index_names WHERE index_digest = ?))"
            " AND substr(name, 1, ?) IN (?, ?)",
            (name.digest, name.digest, len(name.name()) + 1, f"{name.name()}:", f"{name.name()}@"),
        )
        return str(row[0]) if row else None

    def _with_prefix(self, text: str) -> Digest:
        prefix = text.removeprefix("sha256:")
        if not prefix or not _HEX.issuperset(prefix):
            raise _missing(text)
        rows = self._disk.db.all(
            "SELECT id FROM images WHERE id GLOB ?1"
            " UNION SELECT image FROM index_images WHERE position = 0 AND index_digest GLOB ?1 LIMIT 2",
            (f"sha256:{prefix}*",),
        )
        if not rows:
            raise _missing(text)
        if len(rows) > 1:
            raise Invalid(f"{text!r} is the beginning of several image IDs", hint="write more digits of the ID")
        return str(rows[0][0])

    def _load(self, where: str, values: tuple[Any, ...]) -> Sequence[StoredImage]:
        layers: dict[Digest, list[LayerRef]] = {}
        names: dict[Digest, list[Reference]] = {}
        part_of: dict[Digest, dict[Reference, None]] = {}  # its names, in order
        known: dict[Digest, list[Origin]] = {}
        with self._disk.db.snapshot():
            rows = self._disk.db.all(
                f"SELECT id, manifest_digest, stored, manifest, config FROM images {where} ORDER BY stored DESC, id",
                values,
            )
            for image, *ref in self._disk.db.all(
                "SELECT images.id, diff_id, tree_digest, snapshots.size FROM images"
                " JOIN image_layers ON image_layers.image = images.id JOIN snapshots USING (diff_id)"
                f" {where} ORDER BY position",
                values,
            ):
                layers.setdefault(image, []).append(LayerRef(*ref))
            for image, name in self._disk.db.all(
                f"SELECT images.id, name FROM images JOIN names ON names.image = images.id {where} ORDER BY name",
                values,
            ):
                names.setdefault(image, []).append(references.parse(name))
            for image, name in self._disk.db.all(
                "SELECT DISTINCT images.id, name FROM images"
                " JOIN index_images ON index_images.image = images.id"
                f" JOIN index_names USING (index_digest) {where} ORDER BY name",
                values,
            ):
                part_of.setdefault(image, {})[references.parse(name)] = None
            for image, repository, digest in self._disk.db.all(
                "SELECT images.id, repository, origins.digest FROM images JOIN origins ON origins.image = images.id"
                f" {where} ORDER BY repository, origins.digest",
                values,
            ):
                known.setdefault(image, []).append(Origin(repository, digest))
            for image, name in self._disk.db.all(_SIBLINGS.format(where=where), values):
                part_of.setdefault(image, {})[references.parse(name)] = None
        return [
            StoredImage(
                id=image,
                digest=digest,
                references=tuple(names.get(image, ())),
                refs=tuple(layers.get(image, ())),
                stored=stored,
                part_of=tuple(part_of.get(image, ())),
                origins=tuple(known.get(image, ())),
                _manifest=manifest,
                _config=config,
                _snapshots=self._snapshots,
            )
            for image, digest, stored, manifest, config in rows
        ]


def _forget_name(transaction: Transaction, name: Reference) -> bool:
    return bool(transaction.execute("DELETE FROM names WHERE name = ? RETURNING 1", (str(name),)).fetchall())


def _missing(text: str) -> NotFound:
    """In Docker's words (moby, daemon/images, ErrImageDoesNotExist): with the tag that a name without one means."""
    try:
        text = references.parse(text).familiar()
    except Invalid:
        pass
    return NotFound(f"No such image: {text}", hint="`onggi images` lists what is here")
