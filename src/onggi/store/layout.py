"""The store seen as an OCI image layout: index.json and what it names (OCI image spec, image-layout.md).

Only images whose blobs are all files are listed, for a layout must not name what is not there; layers that were built
here are packed when they are asked for. index.json follows from the database: it changes with the transaction that
changes names, and one that a crash left behind is written again by the next.
"""

from __future__ import annotations

from msgspec.structs import replace

from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci import reference as references
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.manifest import Index
from onggi.oci.platform import Platform
from onggi.store.db import Transaction
from onggi.store.disk import Disk, write_layout

IMAGE_NAME = "io.containerd.image.name"
REF_NAME = "org.opencontainers.image.ref.name"

_LISTED = """
    SELECT id, manifest, config FROM images
    WHERE id IN (SELECT digest FROM blobs) AND manifest_digest IN (SELECT digest FROM blobs) AND NOT EXISTS (
        SELECT 1 FROM image_layers WHERE image = images.id AND digest NOT IN (SELECT digest FROM blobs)
    ) ORDER BY id
"""


def publish(disk: Disk, transaction: Transaction) -> None:
    """Bring index.json up to date with what the transaction has changed; the last thing that it does."""
    write_layout(disk.root)  # in case someone has removed it
    wanted = index(transaction)
    path = disk.root / "index.json"
    if path.read_bytes() != wanted:
        with disk.temporary(reserved=True) as folder:
            (folder / "index.json").write_bytes(wanted)
            transaction.replace(str(folder / "index.json"), str(path), disk.trash())


def index(transaction: Transaction) -> bytes:
    """What index.json should hold."""
    names: dict[Digest, list[str]] = {}
    for image, name in transaction.execute("SELECT image, name FROM names ORDER BY name"):
        names.setdefault(image, []).append(name)
    rows = transaction.execute(_LISTED).fetchall()
    return encode_index(
        [entry for image, manifest, config in rows for entry in describe(manifest, config, names.get(image, []))]
    )


def encode_index(entries: list[Descriptor]) -> bytes:
    return manifests.encode(Index(schema_version=2, media_type=mediatype.OCI_INDEX, manifests=tuple(entries)))


def describe(raw_manifest: bytes, raw_config: bytes, names: list[str]) -> list[Descriptor]:
    """The entries of one image in an index: one for each name, or one without."""
    return named(describe_image(raw_manifest, raw_config), names)


def named(plain: Descriptor, names: list[str]) -> list[Descriptor]:
    """An entry for each name, or the one as it is."""
    return [replace(plain, annotations={**plain.annotations, **_annotations(name)}) for name in names] or [plain]


def describe_image(raw_manifest: bytes, raw_config: bytes) -> Descriptor:
    """With the platform that the config tells of."""
    manifest, config = manifests.parse(raw_manifest), configs.parse(raw_config)
    return Descriptor(
        manifest.media_type or mediatype.OCI_MANIFEST,
        digests.of(raw_manifest),
        len(raw_manifest),
        platform=Platform(config.architecture, config.os, config.variant),
    )


def describe_index(raw: bytes) -> Descriptor:
    return Descriptor(manifests.parse_index(raw).media_type or mediatype.OCI_INDEX, digests.of(raw), len(raw))


def _annotations(name: str) -> dict[str, str]:
    """As Docker and containerd write them: the whole name in one, the tag in the other."""
    tag = references.parse(name).tag
    return {IMAGE_NAME: name, REF_NAME: tag} if tag else {IMAGE_NAME: name}
