"""Images in the form in which they are written: layers with the wanted compression, manifests that say so, and the
index of an image for several platforms."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.image.image import Image, Layer
from onggi.layer.compress import compress
from onggi.layer.compression import Squeeze
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference
from onggi.store import layout
from onggi.store.layers import StoredLayer

Write: TypeAlias = Callable[[bytes], object]
_CHUNK = 1 << 20


class ExportedLayer(msgspec.Struct, frozen=True):
    """`copy` writes exactly what the descriptor says."""

    descriptor: Descriptor
    copy: Callable[[Write], object]


class Exported(msgspec.Struct, frozen=True):
    """An image as it is written."""

    raw_manifest: bytes
    raw_config: bytes
    layers: tuple[ExportedLayer, ...]

    def descriptor(self) -> Descriptor:
        return layout.describe_image(self.raw_manifest, self.raw_config)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What one or several names mean: an image, or with `raw_index` one for several platforms, of which the first is
    what those get who know of none. `annotations` are those of the descriptor in index.json."""

    images: tuple[Exported, ...]
    names: tuple[Reference, ...]
    raw_index: bytes = b""
    annotations: Mapping[str, str] = {}

    def descriptor(self) -> Descriptor:
        found = layout.describe_index(self.raw_index) if self.raw_index else self.images[0].descriptor()
        return replace(found, annotations=dict(self.annotations))


class Exporter:
    """Brings images of the store into the form in which they are written. Compressed layers are made in `folder`, for
    their digests are needed before they can be written; a layer that several images have is made once."""

    def __init__(self, squeeze: Squeeze, folder: Path) -> None:
        self._squeeze = squeeze
        self._folder = folder
        self._made: dict[Digest, ExportedLayer] = {}

    def export(self, image: Image) -> Exported:
        """An image whose layers are in the store."""
        layers = tuple(self.layer(_stored(layer)) for layer in image.layers())
        raw_manifest = manifests.with_layers(image.raw_manifest(), [layer.descriptor for layer in layers])
        return Exported(raw_manifest, image.raw_config(), layers)

    def layer(self, layer: StoredLayer) -> ExportedLayer:
        digest = layer.descriptor.digest
        if digest not in self._made:
            self._made[digest] = _export(layer, self._squeeze, self._folder)
        return self._made[digest]


def reindex(raw_index: bytes, old: Sequence[Digest], new: Sequence[Exported]) -> bytes:
    """The index with the manifests as they are written: the same bytes where none has changed."""
    return manifests.with_manifests(raw_index, dict(zip(old, (each.descriptor() for each in new), strict=True)))


def _stored(layer: Layer) -> StoredLayer:
    assert isinstance(layer, StoredLayer), "only layers of the store are written"
    return layer


def _export(layer: StoredLayer, squeeze: Squeeze, folder: Path) -> ExportedLayer:
    has = mediatype.compression(layer.descriptor.media_type)
    if squeeze.keeps(has) and layer.can_open:
        copy = layer.copy if has == "none" else lambda write: _copy(layer.open(), write)
        return ExportedLayer(layer.descriptor, copy)
    if squeeze.compression == "none":
        return ExportedLayer(Descriptor(mediatype.OCI_LAYER, layer.diff_id, layer.size), layer.copy)
    return compressed(layer.copy, squeeze, folder)


def compressed(copy: Callable[[Write], object], squeeze: Squeeze, folder: Path) -> ExportedLayer:
    """A tar that `copy` writes, squeezed into a file of `folder`."""
    state, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:

        def write(data: bytes) -> None:
            nonlocal size
            state.update(data)
            size += len(data)
            file.write(data)

        compressor = compress(squeeze.compression, write, squeeze.level)
        copy(compressor.write)
        compressor.close()
    descriptor = Descriptor(mediatype.OCI_LAYER_FOR[squeeze.compression], digests.of_hash(state), size)
    return ExportedLayer(descriptor, lambda write: _copy(open(file.name, "rb"), write))


def _copy(stream: BinaryIO, write: Write) -> None:
    with stream:
        while chunk := stream.read(_CHUNK):
            write(chunk)
