"""Images in and out as archives: `save` and `load`.

What we write is what Docker has written since version 25: an OCI image layout, with Docker's manifest.json beside it in
the format "docker"; one file then serves both kinds of readers. What we read: OCI layouts and Docker archives that have
a manifest.json (Docker 1.10 and later), as folder, as tar, or as compressed tar.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.errors import Invalid, OnggiError
from onggi.layer.compression import Compression, Squeeze
from onggi.oci import digest as digests
from onggi.oci import reference as references
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.store import gc, layout
from onggi.store.archive import docker, oci
from onggi.store.archive.export import Exporter, Group, reindex
from onggi.store.archive.files import open_files
from onggi.store.archive.output import FolderOutput, Output, TarOutput, Write
from onggi.store.disk import LAYOUT, LAYOUT_FILE, Lease
from onggi.store.images import StoredImage
from onggi.store.indexes import StoredIndex
from onggi.store.store import Store

__all__ = ["Compression", "Format", "load", "save", "take"]

Format: TypeAlias = Literal["docker", "oci"]

_BLOBS = "blobs/sha256"


def save(
    store: Store,
    names: Sequence[str],
    out: BinaryIO | Path,
    *,
    format: Format = "docker",
    compression: Compression = "none",
) -> list[tuple[Digest, tuple[Reference, ...]]]:
    """Write images to a stream (as tar) or into a folder; which they were. A repository without a tag stands for all
    its tags. An image whose layers already have the wanted compression keeps its manifest and digest. Raises
    NotFound."""
    with store.lease() as lease, store.temporary() as folder, store.disk.during("saving images"):
        exporter = Exporter(Squeeze(compression), folder)
        chosen = _choose(store, names)
        groups = [_group(store, each, exporter, lease) for each in chosen]
        write(groups, out if isinstance(out, Path) else out.write, format)
    return [(each.image.id, each.names) for each in chosen]


def load(store: Store, source: BinaryIO | Path, platform: Platform) -> list[tuple[Digest, tuple[Reference, ...]]]:
    """Store all images of an archive, and name them as it says; of an image for several platforms the one for
    `platform`. Raises Invalid, Corrupt, NotFound or Unsupported; then nothing of the archive is in the store."""
    try:
        with store.lease() as lease, store.temporary() as folder, store.disk.during("loading images"):
            return _load(store, source, folder, platform, lease)
    except OnggiError:
        with contextlib.suppress(
            OnggiError
        ):  # a disk that is full may refuse this too; the first error is the one to tell
            gc.collect(store)
        raise


def take(store: Store, layout_folder: Path, wanted: str, platform: Platform, lease: Lease) -> Digest:
    """Store one image of an OCI layout without naming it. `wanted` is a tag, a name or a digest; "" is the only image
    there is. Raises as `load` does."""
    with (
        store.temporary() as folder,
        store.disk.during("reading an image layout"),
        open_files(layout_folder, folder) as files,
    ):
        if not files.has(LAYOUT_FILE) or not files.has("index.json"):
            raise Invalid(f"{layout_folder} is not an OCI image layout: it has no {LAYOUT_FILE} and index.json")
        return store.images.put(oci.image(files, wanted, platform), (), lease)


def _load(
    store: Store, source: BinaryIO | Path, folder: Path, platform: Platform, lease: Lease
) -> list[tuple[Digest, tuple[Reference, ...]]]:
    with open_files(source, folder) as files:
        if files.has(LAYOUT_FILE) and files.has("index.json"):
            found = oci.images(files, platform)
        elif files.has("manifest.json"):
            found = docker.images(files)
        else:
            raise Invalid(
                "not an archive of images: it has neither manifest.json nor oci-layout and index.json",
                hint="to make an image of a root file system, use onggi import",
            )
        return store.images.put_all(found, lease)


class _Chosen(msgspec.Struct, frozen=True):
    """What names mean, in the order in which they were asked for."""

    image: StoredImage
    index: StoredIndex | None
    names: tuple[Reference, ...]


def _group(store: Store, chosen: _Chosen, exporter: Exporter, lease: Lease) -> Group:
    if chosen.index is None:
        image = store.images.get(chosen.image.id, lease)
        return Group(images=(exporter.export(image),), names=chosen.names)
    images = [store.images.get(member.image, lease) for member in chosen.index.members]
    exported = [exporter.export(image) for image in images]
    old = [member.manifest for member in chosen.index.members]
    return Group(images=tuple(exported), names=chosen.names, raw_index=reindex(chosen.index.raw, old, exported))


def _choose(store: Store, names: Sequence[str]) -> list[_Chosen]:
    """Each image once, with the names under which it was asked for."""
    chosen: dict[Digest, _Chosen] = {}
    for text in names:
        for image, found in _find(store, text):
            for name in found or (None,):
                index = store.images.index(text if name is None else str(name))
                key = image.id if index is None else index.digest
                known = chosen.setdefault(key, _Chosen(image, index, ()))
                if name is not None and name not in known.names:
                    chosen[key] = replace(known, names=(*known.names, name))
    return list(chosen.values())


def _find(store: Store, text: str) -> list[tuple[StoredImage, list[Reference]]]:
    try:
        name = references.parse(text)
    except Invalid:
        return [(store.images.get(text), [])]
    if "@" not in text and ":" not in text.rpartition("/")[2]:
        of_repository = [
            (image, [each for each in image.references if each.name() == name.name()]) for image in store.images.list()
        ]
        if any(found for _, found in of_repository):
            return [(image, found) for image, found in of_repository if found]
    image = store.images.get(text)
    return [(image, [each for each in image.references if each == name])]


def write(groups: Sequence[Group], out: Write | Path, format: Format) -> None:
    """Write what was exported as tar, or into a folder."""
    output: Output = FolderOutput(out) if isinstance(out, Path) else TarOutput(out)
    written: set[Digest] = set()

    def put(document: bytes) -> None:
        if (digest := digests.of(document)) not in written:
            written.add(digest)
            _put(output, _path(digest), document)

    output.folder("blobs")
    output.folder(_BLOBS)
    entries: list[Descriptor] = []
    for group in groups:
        for exported in group.images:
            for layer in exported.layers:
                if layer.descriptor.digest not in written:
                    written.add(layer.descriptor.digest)
                    output.write(_path(layer.descriptor.digest), layer.descriptor.size, layer.copy)
            put(exported.raw_config)
            put(exported.raw_manifest)
        if group.raw_index:
            put(group.raw_index)
        entries += layout.named(group.descriptor(), [str(name) for name in group.names])
    _put(output, "index.json", layout.encode_index(entries))
    if format == "docker":
        _put(output, "manifest.json", docker.encode(groups, _path))
    _put(output, LAYOUT_FILE, LAYOUT)
    output.close()


def _put(output: Output, path: str, data: bytes) -> None:
    output.write(path, len(data), lambda write: write(data))


def _path(digest: Digest) -> str:
    return f"{_BLOBS}/{digests.hex_of(digest)}"
