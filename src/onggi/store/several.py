"""Images on their way into the store, with all that is to be recorded of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from onggi.oci.reference import Reference
from onggi.store.origins import Origin

if TYPE_CHECKING:
    from onggi.image.image import Image


class Several(msgspec.Struct, frozen=True):
    """What some names are to mean: one image, or with `raw_index` one for several platforms, whose first image is what
    those get who name no platform. `origins` is what registries know the first image by."""

    images: tuple[Image, ...]
    names: tuple[Reference, ...] = ()
    raw_index: bytes = b""
    origins: tuple[Origin, ...] = ()
