"""Changes to images, as functions from image to image. Nothing is read or written before a sink asks for it."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from onggi.errors import Invalid
from onggi.image.image import Assembled, Image, Layer, assemble
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.config import History, ImageConfig, RunConfig


class Addition(msgspec.Struct, frozen=True):
    """One line of history, and the layer it made; no layer where only the configuration changed."""

    history: History
    layer: Layer | None = None


def append(image: Image, *additions: Addition) -> Image:
    """The image with more layers on top, and their lines of history."""
    config = image.config()
    lines = tuple(replace(addition.history, empty_layer=addition.layer is None) for addition in additions)
    layers = tuple(addition.layer for addition in additions if addition.layer is not None)
    return _assemble(image, replace(config, history=config.history + lines), image.layers() + layers)


def config(image: Image, run: RunConfig) -> Image:
    """The image with another way to run it."""
    return _assemble(image, replace(image.config(), config=run), image.layers())


def document(image: Image, **fields: str) -> Image:
    """The image with other fields of its config document: created, author, architecture, …"""
    return _assemble(image, replace(image.config(), **fields), image.layers())


def annotate(image: Image, annotations: dict[str, str]) -> Image:
    """The image with more annotations on its manifest. Its ID stays, its manifest digest changes."""
    manifest = image.manifest()
    merged = replace(manifest, annotations={**manifest.annotations, **annotations})
    return Assembled(manifests.encode(merged), image.raw_config(), image.layers())


def rebase(image: Image, old: Image, new: Image) -> Image:
    """The image's own layers and history on top of `new` instead of `old`. Raises Invalid if `old` is not its base.
    The configuration stays the image's; only the platform follows the new base."""
    config, below, above = image.config(), old.config(), new.config()
    count = len(below.rootfs.diff_ids)
    if config.rootfs.diff_ids[:count] != below.rootfs.diff_ids:
        raise Invalid("the image is not built on the base that is to be replaced: their lowest layers differ")
    moved = replace(
        config,
        architecture=above.architecture,
        os=above.os,
        variant=above.variant,
        os_version=above.os_version,
        history=above.history + config.history[len(below.history) :],
    )
    return _assemble(image, moved, new.layers() + image.layers()[count:])


def _assemble(image: Image, config: ImageConfig, layers: tuple[Layer, ...]) -> Image:
    manifest = image.manifest()
    if manifest.config.media_type not in (mediatype.OCI_CONFIG, mediatype.DOCKER_CONFIG):
        raise Invalid(f"not a container image but {manifest.config.media_type}: it cannot be changed")
    return assemble(config, layers, dict(manifest.annotations))
