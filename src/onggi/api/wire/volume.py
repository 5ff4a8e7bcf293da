"""Volumes as clients make them and are told of them (moby, api/types/volume)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from onggi.engine.dates import rfc3339
from onggi.engine.types import Pruned, VolumeSummary


class Create(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The body of POST /volumes/create. A cluster's volume needs a swarm."""

    name: str = ""
    driver: str = ""
    driver_opts: dict[str, str] | None = None
    labels: dict[str, str] | None = None
    cluster_volume_spec: dict[str, Any] | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """`size` in bytes, -1 where nobody has measured it."""

    size: int = -1
    ref_count: int = -1


class Volume(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    name: str
    driver: str
    mountpoint: str
    created_at: str
    labels: Mapping[str, str] | None
    options: Mapping[str, str] | None
    scope: str = msgspec.field(default_factory=lambda: "local")
    usage_data: Usage | None = None


class Listing(msgspec.Struct, frozen=True, rename="pascal"):
    volumes: tuple[Volume, ...]
    warnings: tuple[str, ...] | None = None


class Report(msgspec.Struct, frozen=True, rename="pascal"):
    volumes_deleted: tuple[str, ...]
    space_reclaimed: int


def of_summary(volume: VolumeSummary, *, has_usage: bool = False) -> Volume:
    usage = Usage(size=-1 if volume.size is None else volume.size, ref_count=len(volume.users)) if has_usage else None
    return Volume(
        name=volume.name,
        driver=volume.driver,
        mountpoint=volume.mountpoint,
        created_at=rfc3339(int(volume.created)),
        labels=volume.labels or None,
        options=volume.options or None,
        usage_data=usage,
    )


def of_pruned(pruned: Pruned) -> Report:
    return Report(tuple(removed.name for removed in pruned.removed), pruned.reclaimed)
