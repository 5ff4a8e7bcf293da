"""What lowering is told besides the Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from onggi.oci.config import ImageConfig
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform


class BaseImage(msgspec.Struct, frozen=True):
    """An image that a FROM or a COPY --from names, as the engine found it. `image_id` is its config digest."""

    image_id: Digest
    config: ImageConfig
    platform: Platform


class LowerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`build_args` may hold the predefined proxy arguments. `ignore` are the patterns for the build context.
    `platform` is what to build for, which is also what this machine is. `epoch` (seconds) is told to RUN steps as
    SOURCE_DATE_EPOCH."""

    target: str = ""
    build_args: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    ignore: tuple[str, ...] = ()
    network: Literal["default", "host", "none"] = "default"
    platform: Platform
    epoch: int | None = None
