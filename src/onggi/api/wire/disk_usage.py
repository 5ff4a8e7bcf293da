"""What takes up space, kind by kind (moby, api/types/system, DiskUsage)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from onggi.api.wire import image, summary, volume
from onggi.container.life import RUNNING
from onggi.engine.dates import rfc3339
from onggi.engine.types import ContainerSummary, ImageSummary, VolumeSummary
from onggi.store.cache_use import CacheUse


class CacheRecord(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A piece of the build cache. How often it was used nobody counts."""

    id: str = msgspec.field(name="ID")
    parent: str = ""
    parents: tuple[str, ...] = ()
    type: str
    description: str
    in_use: bool = False
    shared: bool
    size: int
    created_at: str
    last_used_at: str
    usage_count: int = 0


class Usage(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Of one kind: how many there are, and how many of them are in use; in bytes what they take up, and how much of it
    could be freed."""

    active_count: int
    total_count: int
    total_size: int
    reclaimable: int


class ImageUsage(Usage, frozen=True, kw_only=True, rename="pascal"):
    items: tuple[image.Summary, ...] | UnsetType = UNSET


class ContainerUsage(Usage, frozen=True, kw_only=True, rename="pascal"):
    items: tuple[summary.Summary, ...] | UnsetType = UNSET


class VolumeUsage(Usage, frozen=True, kw_only=True, rename="pascal"):
    items: tuple[volume.Volume, ...] | UnsetType = UNSET


class CacheUsage(Usage, frozen=True, kw_only=True, rename="pascal"):
    items: tuple[CacheRecord, ...] | UnsetType = UNSET


class DiskUsage(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Of what was not asked for there is nothing. The things themselves are in the sums of clients that ask for
    `verbose`, and beside them for all others, as they were before there were sums."""

    layers_size: int | UnsetType = UNSET
    images: tuple[image.Summary, ...] | UnsetType = UNSET
    containers: tuple[summary.Summary, ...] | UnsetType = UNSET
    volumes: tuple[volume.Volume, ...] | UnsetType = UNSET
    build_cache: tuple[CacheRecord, ...] | UnsetType = UNSET
    builder_size: int | UnsetType = UNSET
    image_usage: ImageUsage | UnsetType = UNSET
    container_usage: ContainerUsage | UnsetType = UNSET
    volume_usage: VolumeUsage | UnsetType = UNSET
    build_cache_usage: CacheUsage | UnsetType = UNSET


def of_images(images: Sequence[ImageSummary], layers: int, items: Iterable[image.Summary]) -> ImageUsage:
    """`layers`: bytes of all layers, each counted once. An image that a container uses
    keeps its unique layers."""
    active = [each for each in images if each.containers]
    return ImageUsage(
        active_count=len(active),
        total_count=len(images),
        total_size=layers,
        reclaimable=layers - sum(each.unique_size for each in active),
        items=tuple(items),
    )


def of_containers(containers: Sequence[ContainerSummary], items: Iterable[summary.Summary]) -> ContainerUsage:
    running = [each for each in containers if each.state in RUNNING]
    total = sum(each.size or 0 for each in containers)
    return ContainerUsage(
        active_count=len(running),
        total_count=len(containers),
        total_size=total,
        reclaimable=total - sum(each.size or 0 for each in running),
        items=tuple(items),
    )


def of_volumes(volumes: Sequence[VolumeSummary]) -> VolumeUsage:
    used = [each for each in volumes if each.users]
    total = sum(each.size or 0 for each in volumes)
    return VolumeUsage(
        active_count=len(used),
        total_count=len(volumes),
        total_size=total,
        reclaimable=total - sum(each.size or 0 for each in used),
        items=tuple(volume.of_summary(each, has_usage=True) for each in volumes),
    )


def of_cache(pieces: Sequence[CacheUse]) -> CacheUsage:
    """What images or containers have too is theirs."""
    own = sum(each.size for each in pieces if not each.is_shared)
    return CacheUsage(
        active_count=0,
        total_count=len(pieces),
        total_size=own,
        reclaimable=own,
        items=tuple(map(_of_piece, pieces)),
    )


def _of_piece(use: CacheUse) -> CacheRecord:
    return CacheRecord(
        id=use.id,
        type=use.kind,
        description=use.description,
        shared=use.is_shared,
        size=use.size,
        created_at=rfc3339(use.created),
        last_used_at=rfc3339(use.used),
    )
