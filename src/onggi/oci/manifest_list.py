"""Lists of manifests as `docker manifest` composes them: what it calls a manifest list, the OCI image spec an index.

Their bytes are Docker's own, down to the order of keys and the blanks, so that the same list has the same digest
whichever of the two programs has made it (docker/cli, cli/command/manifest; distribution, manifest/manifestlist)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import field

from onggi.oci import mediatype
from onggi.oci.digest import Digest

_INDENT = 3


class ListPlatform(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an entry is for, with all that the specs know of platforms; "" is not known."""

    architecture: str
    os: str
    os_version: str = field(name="os.version", default="")
    os_features: tuple[str, ...] = field(name="os.features", default=())
    variant: str = ""


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """One manifest of a list. `size` is in bytes."""

    media_type: str
    size: int
    digest: Digest
    platform: ListPlatform


class _List(msgspec.Struct, frozen=True, rename="camel"):
    schema_version: int
    media_type: str
    manifests: tuple[Member, ...]


def encode(members: Sequence[Member]) -> tuple[str, bytes]:
    """Media type and bytes of a list. It is an index if the first of the members is an OCI manifest."""
    is_oci = bool(members) and members[0].media_type == mediatype.OCI_MANIFEST
    media_type = mediatype.OCI_INDEX if is_oci else mediatype.DOCKER_INDEX
    raw = msgspec.json.encode(_List(2, media_type, tuple(members)))
    return media_type, msgspec.json.format(raw, indent=_INDENT)


def platform_of(document: Any) -> ListPlatform:
    """What a config, or the platform of an index's entry, says; whatever it does not say is not known."""
    said = document if isinstance(document, dict) else {}
    features = said.get("os.features")
    return ListPlatform(
        architecture=_text(said.get("architecture")),
        os=_text(said.get("os")),
        os_version=_text(said.get("os.version")),
        os_features=tuple(map(_text, features)) if isinstance(features, list) else (),
        variant=_text(said.get("variant")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
