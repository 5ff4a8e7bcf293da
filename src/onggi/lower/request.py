"""What lowering is told besides the Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from onggi.errors import Invalid
from onggi.oci import reference
from onggi.oci.config import ImageConfig
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform


class ImageName(msgspec.Struct, frozen=True):
    """An image by its reference in familiar form (`node:18-slim`), and the platform it is wanted for."""

    reference: str
    platform: Platform


class BaseImage(msgspec.Struct, frozen=True):
    """An image that a FROM or a COPY --from names, as the engine found it. `image_id` is its config digest."""

    image_id: Digest
    config: ImageConfig
    platform: Platform


class FolderContext(msgspec.Struct, frozen=True, tag="folder"):
    """A named context that is a folder, with the ignore patterns that apply in it."""

    ignore: tuple[str, ...] = ()


class ImageContext(msgspec.Struct, frozen=True, tag="image"):
    """A named context that is an image."""

    reference: str


class StageContext(msgspec.Struct, frozen=True, tag="stage"):
    """A named context that is a stage of the Dockerfile."""

    stage: str


def context_key(name: str) -> str:
    """What a named context is looked up by: `node`, `node:latest` and `docker.io/library/node` are one. After two
    colons there may be the platform that it is for alone."""
    image, colons, platform = name.lower().partition("::")
    try:
        return reference.parse(image).familiar().removesuffix(":latest") + colons + platform
    except Invalid:
        return name.lower()


NamedContext: TypeAlias = FolderContext | ImageContext | StageContext


class LowerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`build_args` may hold the predefined proxy arguments. `ignore` are the patterns for the build context; `contexts`
    stand in for images and stages of their names, by `context_key`. `platform` is what to build for, `build_platform`
    (None: the same) what this machine is. `epoch` (seconds) is told to RUN steps as SOURCE_DATE_EPOCH. insecure:
    whether RUN --security=insecure is allowed; host_network: whether RUN --network=host is. hosts, shm_size,
    ulimits and realm are those of graph.op.Exec."""

    target: str = ""
    build_args: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    ignore: tuple[str, ...] = ()
    network: Literal["default", "host", "none"] = "default"
    platform: Platform
    build_platform: Platform | None = None
    contexts: Mapping[str, NamedContext] = {}
    insecure: bool = False
    host_network: bool = False
    hosts: tuple[str, ...] = ()
    shm_size: int = 0
    ulimits: tuple[str, ...] = ()
    realm: str = ""
    epoch: int | None = None
