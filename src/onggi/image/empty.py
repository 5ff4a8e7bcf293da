"""`FROM scratch`: the image without layers."""

from __future__ import annotations

from onggi.image.image import Image, assemble
from onggi.oci.config import ImageConfig, RootFs
from onggi.oci.platform import Platform


def image(platform: Platform) -> Image:
    """An image with no layers and an empty configuration."""
    return assemble(
        ImageConfig(
            architecture=platform.architecture,
            os=platform.os,
            variant=platform.variant,
            rootfs=RootFs("layers", ()),
        ),
        (),
    )
