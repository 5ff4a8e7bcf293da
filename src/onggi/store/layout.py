"""The store seen as an OCI image layout: index.json and what it names (OCI image spec, image-layout.md).

Only images whose blobs are all files are listed, for a layout must not name what is not there; layers that were built
here are packed when they are asked for. index.json follows from the database: one that a crash left behind is written
again by the next command that changes a name.
"""

from __future__ import annotations

import os

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
from onggi.store import lockfile
from onggi.store.disk import Disk

IMAGE_NAME = "io.containerd.image.name"
REF_NAME = "org.opencontainers.image.ref.name"

_LISTED = """
    SELECT id, manifest, config FROM images
    WHERE id IN (SELECT digest FROM blobs) AND manifest_digest IN (SELECT digest FROM blobs) AND NOT EXISTS (
        SELECT 1 FROM image_layers WHERE image = images.id AND digest NOT IN (SELECT digest FROM blobs)
    ) ORDER BY id
"""


def publish(disk: Disk) -> None:
    """Bring index.json up to date."""
    with disk.during("writing index.json"), lockfile.held(disk.lock_path("index")):
        wanted = index(disk)
        if _read(disk) != wanted:
            with disk.temporary() as folder:
                draft = folder / "index.json"
                draft.write_bytes(wanted)
                os.rename(draft, disk.root / "index.json")


def is_current(disk: Disk) -> bool:
    """Does index.json say what the database says?"""
    with lockfile.held(disk.lock_path("index")):
        return _read(disk) == index(disk)


def index(disk: Disk) -> bytes:
    """What index.json should hold."""
    names: dict[Digest, list[str]] = {}
    with disk.db.snapshot():
        rows = disk.db.all(_LISTED)
        for image, name in disk.db.all("SELECT image, name FROM names ORDER BY name"):
            names.setdefault(image, []).append(name)
    return encode_index(
        [entry for image, manifest, config in rows for entry in describe(manifest, config, names.get(image, []))]
    )


def encode_index(entries: list[Descriptor]) -> bytes:
    return manifests.encode(Index(schema_version=2, media_type=mediatype.OCI_INDEX, manifests=tuple(entries)))


def describe(raw_manifest: bytes, raw_config: bytes, names: list[str]) -> list[Descriptor]:
    """The entries of one image in an index: one for each name, or one without."""
    manifest, config = manifests.parse(raw_manifest), configs.parse(raw_config)
    plain = Descriptor(
        manifest.media_type or mediatype.OCI_MANIFEST,
        digests.of(raw_manifest),
        len(raw_manifest),
        platform=Platform(config.architecture, config.os, config.variant),
    )
    return [replace(plain, annotations=_annotations(name)) for name in names] or [plain]


def _annotations(name: str) -> dict[str, str]:
    """As Docker and containerd write them: the whole name in one, the tag in the other."""
    tag = references.parse(name).tag
    return {IMAGE_NAME: name, REF_NAME: tag} if tag else {IMAGE_NAME: name}


def _read(disk: Disk) -> bytes | None:
    try:
        return (disk.root / "index.json").read_bytes()
    except FileNotFoundError:
        return None
