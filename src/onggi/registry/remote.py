"""An image at a registry as an Image: its layers are fetched when they are opened."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, cast

import msgspec

from onggi.errors import Corrupt
from onggi.image.image import Assembled, Image
from onggi.layer.compress import decompress
from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry.driver import Driver
from onggi.registry.place import Place
from onggi.registry.resolve import Found
from onggi.registry.stream import BlobStream

_BUFFER = 1 << 18

Arrived = Callable[[Digest, int], object]
"""Is told of each number of bytes that came of a blob."""


class RemoteLayer(msgspec.Struct, frozen=True):
    """A layer at a place (image.image.Resumable)."""

    descriptor: Descriptor
    diff_id: Digest
    place: Place
    driver: Driver
    arrived: Arrived

    def open(self) -> BinaryIO:
        return self.open_from(0)

    def open_from(self, offset: int) -> BinaryIO:
        """The blob without its first bytes; nothing of it is checked."""
        digest = self.descriptor.digest
        raw = BlobStream(self.driver, self.place, self.descriptor, offset, lambda count: self.arrived(digest, count))
        return cast(BinaryIO, io.BufferedReader(raw, _BUFFER))

    def uncompressed(self) -> BinaryIO:
        return decompress(self.open())


def image(found: Found, driver: Driver, arrived: Arrived) -> Image:
    """Raises Corrupt where manifest and config do not fit, Unsupported for layers of an unknown kind."""
    manifest, config = manifests.parse(found.manifest.raw), configs.parse(found.raw_config)
    diff_ids = config.rootfs.diff_ids
    if len(diff_ids) != len(manifest.layers):
        raise Corrupt(f"{found.manifest.digest} has {len(manifest.layers)} layers, but {len(diff_ids)} diff IDs")
    for layer in manifest.layers:
        mediatype.compression(layer.media_type)
        digests.parse(layer.digest)
    layers = [
        RemoteLayer(layer, digests.parse(diff_id), found.place, driver, arrived)
        for layer, diff_id in zip(manifest.layers, diff_ids, strict=True)
    ]
    return Assembled(found.manifest.raw, found.raw_config, layers)
