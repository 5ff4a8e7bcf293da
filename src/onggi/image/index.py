"""Images for several platforms: the index over their manifests (OCI image spec, image-index.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onggi.image.image import Image
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci import platform as platforms
from onggi.oci.descriptor import Descriptor
from onggi.oci.manifest import Index
from onggi.oci.platform import Platform


def platform_of(image: Image) -> Platform:
    """What its config says it is for."""
    config = image.config()
    return Platform(config.architecture, config.os, config.variant)


def with_first(images: Sequence[Image], platform: Platform) -> tuple[Image, ...]:
    """The image that fits the platform best before the others; as they are if none does."""
    fitting = platforms.fitting([(platform_of(image), image) for image in images], platform)
    return (*fitting[:1], *(image for image in images if image not in fitting[:1]))


def describe(image: Image, annotations: Mapping[str, str] | None = None) -> Descriptor:
    """The image as an index names it."""
    raw = image.raw_manifest()
    return Descriptor(
        image.manifest().media_type or mediatype.OCI_MANIFEST,
        digests.of(raw),
        len(raw),
        platform=platform_of(image),
        annotations=dict(annotations or {}),
    )


def encode(entries: Sequence[Descriptor], annotations: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a new index."""
    return manifests.encode(
        Index(
            schema_version=2,
            media_type=mediatype.OCI_INDEX,
            manifests=tuple(entries),
            annotations=dict(annotations or {}),
        )
    )
