"""What takes up space, thing by thing (moby, api/types/system, DiskUsage)."""

from __future__ import annotations

import msgspec

from onggi.api.wire import image, summary, volume
from onggi.engine.dates import rfc3339
from onggi.store.cache_use import CacheUse


class CacheRecord(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A piece of the build cache. How often it was used nobody counts."""

    id: str = msgspec.field(name="ID")
    parents: tuple[str, ...] = ()
    type: str
    description: str
    in_use: bool = False
    shared: bool
    size: int
    created_at: str
    last_used_at: str
    usage_count: int = 0


class DiskUsage(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Of what was not asked for there is nothing. `builder_size`: of the build cache, for clients of old."""

    layers_size: int = 0
    images: tuple[image.Summary, ...] | None = None
    containers: tuple[summary.Summary, ...] | None = None
    volumes: tuple[volume.Volume, ...] | None = None
    build_cache: tuple[CacheRecord, ...] | None = None
    builder_size: int | msgspec.UnsetType = msgspec.UNSET


def of_cached(use: CacheUse) -> CacheRecord:
    return CacheRecord(
        id=use.id,
        type=use.kind,
        description=use.description,
        shared=use.is_shared,
        size=use.size,
        created_at=rfc3339(use.created),
        last_used_at=rfc3339(use.used),
    )
