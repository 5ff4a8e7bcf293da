"""Images as clients are told of them (moby, api/types/image)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from onggi.api.versions import Version
from onggi.engine.types import HistoryLine, ImageSummary, Pruned, Removed
from onggi.oci import timestamp

_NONE = "<none>:<none>"
_NONE_UNTIL: Version = (1, 42)
"""Until this version an image without names had one of these (version history, 1.43)."""
_VIRTUAL_UNTIL: Version = (1, 43)


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    id: str
    parent_id: str = msgspec.field(name="ParentId")
    repo_tags: tuple[str, ...]
    repo_digests: tuple[str, ...]
    created: int
    size: int
    shared_size: int
    containers: int
    labels: Mapping[str, str] | None
    virtual_size: int | None = None


class History(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: str
    created: int
    created_by: str
    tags: tuple[str, ...] | None
    size: int
    comment: str


class Deleted(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    untagged: str = ""
    deleted: str = ""


class Report(msgspec.Struct, frozen=True, rename="pascal"):
    images_deleted: tuple[Deleted, ...] | None
    space_reclaimed: int


def of_summary(image: ImageSummary, version: Version, *, has_shared_size: bool) -> Summary:
    names = image.references or image.part_of
    digests = tuple(f"{repository}@{digest}" for repository, digest in image.origins)
    return Summary(
        id=image.id,
        parent_id="",
        repo_tags=names or ((_NONE,) if version <= _NONE_UNTIL else ()),
        repo_digests=digests,
        created=_seconds(image.created),
        size=image.size,
        shared_size=image.size - image.unique_size if has_shared_size else -1,
        containers=image.containers if has_shared_size else -1,
        labels=image.labels or None,
        virtual_size=image.size if version <= _VIRTUAL_UNTIL else None,
    )


def of_line(line: HistoryLine, tags: tuple[str, ...]) -> History:
    return History(
        id=line.id,
        created=_seconds(line.created),
        created_by=line.created_by,
        tags=tags if line.id != "<missing>" and tags else None,
        size=line.size,
        comment=line.comment,
    )


def of_removed(removed: Removed) -> Deleted:
    return Deleted(**{removed.what: removed.name})


def of_pruned(pruned: Pruned) -> Report:
    return Report(tuple(map(of_removed, pruned.removed)) or None, pruned.reclaimed)


def _seconds(created: str) -> int:
    return int(timestamp.parse(created) or 0)
