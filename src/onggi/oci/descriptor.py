"""A descriptor names some bytes: media type, digest, size (OCI image spec, descriptor.md)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from onggi.oci.digest import Digest
from onggi.oci.platform import Platform


class Descriptor(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`size` is in bytes."""

    media_type: str
    digest: Digest
    size: Annotated[int, msgspec.Meta(ge=0)]
    annotations: dict[str, str] = {}
    platform: Platform | None = None
    urls: tuple[str, ...] = ()
    artifact_type: str = ""
