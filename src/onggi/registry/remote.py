"""An image at a registry as an Image: its layers are fetched when they are opened."""

from __future__ import annotations

import functools
import io
from typing import BinaryIO, Protocol, cast

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
from onggi.registry import documents
from onggi.registry.driver import Driver
from onggi.registry.place import Place
from onggi.registry.resolve import Found
from onggi.registry.stream import open_stream


class Watch(Protocol):
    """Is told how far blobs are, by several threads."""

    def begun(self, digest: Digest, offset: int) -> object:
        """A blob is being fetched from this byte on."""
        ...

    def arrived(self, digest: Digest, count: int) -> object:
        """So many bytes more have come."""
        ...


class RemoteLayer(msgspec.Struct, frozen=True):
    """A layer at a place (image.image.Resumable)."""

    descriptor: Descriptor
    diff_id: Digest
    place: Place
    driver: Driver
    watch: Watch

    def open(self) -> BinaryIO:
        return cast(BinaryIO, self.open_from(0))

    def open_from(self, offset: int) -> io.BufferedReader:
        """The blob without its first bytes; nothing of it is checked."""
        digest = self.descriptor.digest
        self.watch.begun(digest, offset)
        arrived = functools.partial(self.watch.arrived, digest)
        return open_stream(self.driver, self.place, self.descriptor, offset, arrived)

    def uncompressed(self) -> BinaryIO:
        return decompress(self.open())


def image(found: Found, driver: Driver, watch: Watch) -> Image:
    """Raises Corrupt where manifest and config do not fit, Invalid for digests that are none, Unsupported for layers of
    an unknown kind."""
    place = found.place
    with documents.reading(place.full_name(found.manifest.digest)):
        manifest, config = manifests.parse(found.manifest.raw), configs.parse(found.raw_config)
        diff_ids = config.rootfs.diff_ids
        if len(diff_ids) != len(manifest.layers):
            raise Corrupt(f"there are {len(manifest.layers)} layers, but {len(diff_ids)} diff IDs")
        for layer in manifest.layers:
            mediatype.compression(layer.media_type)
            digests.parse(layer.digest)
        layers = [
            RemoteLayer(layer, digests.parse(diff_id), place, driver, watch)
            for layer, diff_id in zip(manifest.layers, diff_ids, strict=True)
        ]
    return Assembled(found.manifest.raw, found.raw_config, layers)
