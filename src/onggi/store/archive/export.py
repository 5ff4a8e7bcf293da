"""A stored image in the form in which it is saved: layers with the wanted compression, and a manifest that says so."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import msgspec

from onggi.layer.compress import compress
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.reference import Reference
from onggi.store.images import StoredImage
from onggi.store.layers import StoredLayer

Compression: TypeAlias = Literal["none", "gzip", "zstd"]
_CHUNK = 1 << 20


class ExportedLayer(msgspec.Struct, frozen=True):
    """`copy` writes exactly what the descriptor says."""

    descriptor: Descriptor
    copy: Callable[[Callable[[bytes], object]], object]


class Exported(msgspec.Struct, frozen=True):
    """An image as it is written; `names` are those under which it was asked for."""

    raw_manifest: bytes
    raw_config: bytes
    layers: tuple[ExportedLayer, ...]
    names: tuple[Reference, ...]


def export(image: StoredImage, names: tuple[Reference, ...], compression: Compression, folder: Path) -> Exported:
    """Compressed layers are made in `folder`, for their digests are needed before they can be written."""
    stored = image.layers()
    layers = tuple(_export(layer, compression, folder) for layer in stored)
    raw_manifest = image.raw_manifest()
    if any(layer.descriptor != new.descriptor for layer, new in zip(stored, layers, strict=True)):
        annotations = dict(image.manifest().annotations)
        described = Descriptor(mediatype.OCI_CONFIG, image.id, len(image.raw_config()))
        raw_manifest = manifests.encode(manifests.of(described, tuple(new.descriptor for new in layers), annotations))
    return Exported(raw_manifest, image.raw_config(), layers, names)


def _export(layer: StoredLayer, compression: Compression, folder: Path) -> ExportedLayer:
    is_wanted = mediatype.compression(layer.descriptor.media_type) == compression
    if compression == "none":
        plain = layer.descriptor if is_wanted else Descriptor(mediatype.OCI_LAYER, layer.diff_id, layer.size)
        return ExportedLayer(plain, layer.copy)
    if is_wanted:
        return ExportedLayer(layer.descriptor, lambda write: _copy(layer.open(), write))
    return _compress(layer, compression, folder)


def _compress(layer: StoredLayer, compression: Compression, folder: Path) -> ExportedLayer:
    state, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:

        def write(data: bytes) -> None:
            nonlocal size
            state.update(data)
            size += len(data)
            file.write(data)

        compressor = compress(compression, write)
        layer.copy(compressor.write)
        compressor.close()
    descriptor = Descriptor(mediatype.OCI_LAYER_FOR[compression], digests.of_hash(state), size)
    return ExportedLayer(descriptor, lambda write: _copy(open(file.name, "rb"), write))


def _copy(stream: BinaryIO, write: Callable[[bytes], object]) -> None:
    with stream:
        while chunk := stream.read(_CHUNK):
            write(chunk)
