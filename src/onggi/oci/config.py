"""The image configuration (OCI image spec, config.md, plus the fields that Docker adds)."""

# No `from __future__ import annotations`: a decoder would have to evaluate the text, which takes a start 2 ms.

from typing import Any

import msgspec
from msgspec import field

from onggi.decoders import convert
from onggi.oci.digest import Digest
from onggi.oci.document import reading

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH where an image sets none (moby, oci/defaults)."""


class Healthcheck(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """`test` is ("NONE",), ("CMD", …) or ("CMD-SHELL", text); times in nanoseconds, 0 is the default."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class RunConfig(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True, kw_only=True):
    """How to run the image. `env` holds KEY=value strings in order. None in `entrypoint` or `cmd` means not set."""

    user: str = ""
    exposed_ports: dict[str, dict[str, Any]] = {}
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    volumes: dict[str, dict[str, Any]] = {}
    working_dir: str = ""
    labels: dict[str, str] = {}
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    shell: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()
    args_escaped: bool = False


class History(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of `history`; `empty_layer` lines have no layer of their own."""

    created: str = ""
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False


class RootFs(msgspec.Struct, frozen=True):
    """The layers' diff IDs, lowest first."""

    type: str
    diff_ids: tuple[Digest, ...]


class ImageConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`created` is RFC 3339. The digest of the encoded config is the image ID."""

    architecture: str
    os: str
    rootfs: RootFs
    created: str = ""
    author: str = ""
    config: RunConfig = RunConfig()
    history: tuple[History, ...] = ()
    variant: str = ""
    os_version: str = field(name="os.version", default="")


def parse(raw: bytes) -> ImageConfig:
    """Raises Corrupt with the field that is wrong. Nulls, which Docker writes for empty lists, read as empty."""
    with reading("an image config"):
        return convert(_without_nulls(msgspec.json.decode(raw)), ImageConfig)


def encode(config: ImageConfig) -> bytes:
    """The bytes of a config that we create; maps are sorted, so equal configs give equal bytes."""
    return msgspec.json.encode(config, order="deterministic")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
