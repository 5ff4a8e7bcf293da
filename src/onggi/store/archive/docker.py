"""Docker's archive format: manifest.json (moby, image/spec/v1.2.md), written since Docker 1.10."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

import msgspec

from onggi.decoders import decoder
from onggi.errors import Corrupt, Unsupported
from onggi.image.image import Image, with_manifest
from onggi.layer.compress import kind_of
from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci import reference as references
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.document import reading
from onggi.oci.reference import Reference
from onggi.store.archive.export import Group
from onggi.store.archive.files import Files, read
from onggi.store.archive.layer import ArchiveLayer
from onggi.store.several import Several

_NAMED_BY_DIGEST = re.compile(r"([0-9a-f]{64})(?:\.json)?")


class Entry(msgspec.Struct, frozen=True, rename="pascal"):
    """One image: paths of its config and layers in the archive, lowest layer first."""

    config: str
    repo_tags: tuple[str, ...] | None = None
    layers: tuple[str, ...] | None = None


def encode(groups: Sequence[Group], path: Callable[[Digest], str]) -> bytes:
    """The manifest.json of images whose blobs are at `path`. It knows of no platforms: of an image for several it
    names the first."""
    return msgspec.json.encode([_entry(group, path) for group in groups])


def _entry(group: Group, path: Callable[[Digest], str]) -> Entry:
    image = group.images[0]
    return Entry(
        config=path(digests.of(image.raw_config)),
        repo_tags=tuple(name.familiar() for name in group.names if name.tag),
        layers=tuple(path(layer.descriptor.digest) for layer in image.layers),
    )


def entries(files: Files) -> list[Entry]:
    """What manifest.json lists; raises Corrupt."""
    with reading("a manifest.json of Docker"):
        return decoder(list[Entry]).decode(read(files, "manifest.json"))


def images(files: Files) -> list[Several]:
    """The images of an archive and their names. Such an archive has no OCI manifests, so each image gets a new one."""
    return [Several((_image(files, entry),), names(entry)) for entry in entries(files)]


def names(entry: Entry) -> tuple[Reference, ...]:
    return tuple(references.parse(name) for name in entry.repo_tags or ())


def _image(files: Files, entry: Entry) -> Image:
    raw_config = read(files, entry.config)
    named = _NAMED_BY_DIGEST.fullmatch(posixpath.basename(entry.config))
    if named and digests.hex_of(digests.of(raw_config)) != named[1]:
        raise Corrupt(f"the config {entry.config} has other contents: they are {digests.of(raw_config)}")
    diff_ids = configs.parse(raw_config).rootfs.diff_ids
    paths = entry.layers or ()
    if len(diff_ids) != len(paths):
        raise Corrupt(f"manifest.json lists {len(paths)} layers for {entry.config}, which has {len(diff_ids)} diff IDs")
    return with_manifest(
        raw_config, [_layer(files, path, digests.parse(diff_id)) for path, diff_id in zip(paths, diff_ids, strict=True)]
    )


def _layer(files: Files, path: str, diff_id: Digest) -> ArchiveLayer:
    with files.open(path) as stream:
        kind = kind_of(stream.read(8))
    if kind not in mediatype.OCI_LAYER_FOR:
        raise Unsupported(f"layer {path} in the archive is compressed with {kind}, which no registry takes")
    if kind == "none":
        digest = diff_id
    else:
        with files.open(path) as stream:
            digest = digests.of_stream(stream)
    return ArchiveLayer(Descriptor(mediatype.OCI_LAYER_FOR[kind], digest, files.size(path)), diff_id, files, path)
