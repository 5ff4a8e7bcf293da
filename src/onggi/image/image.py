"""Image and Layer: small read-only protocols. Sources make them, sinks consume them, and a change is a function from
image to image (`mutate`). Raw bytes are kept beside the parsed form, so a digest never depends on our encoder."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import BinaryIO, Protocol, runtime_checkable

import msgspec

from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.config import ImageConfig
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.manifest import Manifest


class Layer(Protocol):
    """One changeset. Opening is the first moment at which its bytes need to exist."""

    @property
    def diff_id(self) -> Digest:
        """The sha256 of the uncompressed tar."""
        ...

    @property
    def descriptor(self) -> Descriptor:
        """Media type, digest and size of what `open` gives."""
        ...

    def open(self) -> BinaryIO:
        """The blob, byte for byte as the descriptor says; the caller closes it."""
        ...

    def uncompressed(self) -> BinaryIO:
        """The tar; the caller closes it."""
        ...


@runtime_checkable
class Resumable(Layer, Protocol):
    """A layer whose blob comes from afar, so that what has arrived of it is worth keeping."""

    def open_from(self, offset: int) -> io.BufferedIOBase:
        """What `open` gives, without the first bytes."""
        ...


class Image(Protocol):
    """A config and its layers. The raw bytes are what the digests name; the parsed forms derive from them."""

    def raw_manifest(self) -> bytes: ...

    def manifest(self) -> Manifest: ...

    def raw_config(self) -> bytes: ...

    def config(self) -> ImageConfig: ...

    def layers(self) -> tuple[Layer, ...]:
        """Lowest first, in the order of the manifest's layers and the config's diff IDs."""
        ...


def image_id(image: Image) -> Digest:
    """The digest of the config: what Docker calls the image ID."""
    return digests.of(image.raw_config())


class Assembled:
    """An image made of documents and layers that are already there."""

    def __init__(self, raw_manifest: bytes, raw_config: bytes, layers: Iterable[Layer]) -> None:
        self._raw_manifest = raw_manifest
        self._raw_config = raw_config
        self._layers = tuple(layers)

    def raw_manifest(self) -> bytes:
        return self._raw_manifest

    def manifest(self) -> Manifest:
        return manifests.parse(self._raw_manifest)

    def raw_config(self) -> bytes:
        return self._raw_config

    def config(self) -> ImageConfig:
        return configs.parse(self._raw_config)

    def layers(self) -> tuple[Layer, ...]:
        return self._layers


class TarLayer(msgspec.Struct, frozen=True):
    """A layer whose uncompressed tar is in memory."""

    data: bytes

    @property
    def diff_id(self) -> Digest:
        return digests.of(self.data)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(mediatype.OCI_LAYER, self.diff_id, len(self.data))

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)

    def uncompressed(self) -> BinaryIO:
        return self.open()


def assemble(config: ImageConfig, layers: Iterable[Layer], annotations: dict[str, str] | None = None) -> Image:
    """A new OCI image; the config's diff IDs are set to those of the layers."""
    chain = tuple(layers)
    rootfs = msgspec.structs.replace(config.rootfs, diff_ids=tuple(layer.diff_id for layer in chain))
    raw_config = configs.encode(msgspec.structs.replace(config, rootfs=rootfs))
    return with_manifest(raw_config, chain, annotations)


def with_manifest(raw_config: bytes, layers: Iterable[Layer], annotations: dict[str, str] | None = None) -> Image:
    """The image of a config whose bytes must stay as they are, under a new OCI manifest."""
    chain = tuple(layers)
    described = Descriptor(mediatype.OCI_CONFIG, digests.of(raw_config), len(raw_config))
    manifest = manifests.of(described, tuple(layer.descriptor for layer in chain), annotations)
    return Assembled(manifests.encode(manifest), raw_config, chain)
