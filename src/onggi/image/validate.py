"""Does an image keep its word? Every digest and size is computed again."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from onggi.errors import Corrupt
from onggi.image.image import Image, Layer
from onggi.oci import digest as digests
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest

_CHUNK = 1 << 20


def documents(image: Image) -> None:
    """Check config and manifest against each other without reading a layer; raises Corrupt."""
    manifest, raw_config, config = image.manifest(), image.raw_config(), image.config()
    check_bytes("the config", raw_config, manifest.config)
    layers = image.layers()
    diff_ids = config.rootfs.diff_ids
    if not len(layers) == len(manifest.layers) == len(diff_ids):
        raise Corrupt(f"the manifest lists {len(manifest.layers)} layers, but the config {len(diff_ids)} diff IDs")
    lines = sum(not line.empty_layer for line in config.history)
    if config.history and lines != len(layers):
        raise Corrupt(f"the history tells of {lines} layers, but there are {len(layers)}")


def image(image: Image) -> None:
    """Check everything, layers included; raises Corrupt naming what is wrong."""
    documents(image)
    for layer, diff_id in zip(image.layers(), image.config().rootfs.diff_ids, strict=True):
        _check_layer(layer, diff_id)


def check_bytes(what: str, data: bytes, descriptor: Descriptor) -> None:
    """Raises Corrupt unless `data` is what the descriptor names."""
    _compare(what, digests.of(data), len(data), descriptor)


def _check_layer(layer: Layer, diff_id: Digest) -> None:
    with layer.open() as stream:
        _compare("a layer", *_hash(stream), layer.descriptor)
    with layer.uncompressed() as stream:
        found = digests.of_stream(stream)
    if found != diff_id:
        raise Corrupt(f"a layer's contents are {found}, but the config names {diff_id}")


def _compare(what: str, digest: Digest, size: int, descriptor: Descriptor) -> None:
    if size != descriptor.size:
        raise Corrupt(f"{what} {descriptor.digest} has {size} bytes instead of {descriptor.size}")
    if digest != descriptor.digest:
        raise Corrupt(f"{what} {descriptor.digest} has other contents: they are {digest}")


def _hash(stream: BinaryIO) -> tuple[Digest, int]:
    state, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        state.update(chunk)
        size += len(chunk)
    return digests.of_hash(state), size
