"""What the build cache has on disk, piece by piece: layers that steps made, cache mounts, and what clients have sent of
their folders. df.py has the sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from onggi.oci.digest import Digest
from onggi.solve.result import CacheEntry
from onggi.store.gc import measure_cached
from onggi.store.kept_folders import Kind as FolderKind
from onggi.store.store import Store

Kind: TypeAlias = Literal["regular"] | FolderKind

_DESCRIPTIONS: Mapping[FolderKind, str] = {"exec.cachemount": "cache mount", "source.local": "local source for"}
_DECODER = msgspec.json.Decoder(CacheEntry)
_ROWS = "SELECT key, entry, used FROM cache ORDER BY used DESC, key"
_OF_OTHERS = "SELECT diff_id FROM image_layers UNION SELECT diff_id FROM container_layers"


class CacheUse(msgspec.Struct, frozen=True, kw_only=True):
    """id: what pruning calls it. size: in bytes, on disk; of what images or containers have too (`is_shared`) it is
    theirs. A step that made no layer shares what it left as it was. created, used: seconds since the epoch."""

    id: str
    kind: Kind
    description: str
    size: int
    created: float
    used: float
    is_shared: bool = False


def cached(store: Store) -> list[CacheUse]:
    """What was used last first. A layer that is kept under several keys comes once; a step that made none takes up
    nothing. Walks all layers."""
    found: dict[Digest | None, CacheUse] = {}
    for layer, use in _steps(store, measure_cached(store)):
        found.setdefault(layer, use)
    found.pop(None, None)
    return sorted([*found.values(), *_mounts(store)], key=lambda use: use.used, reverse=True)


def chosen(store: Store, takes: Callable[[CacheUse], bool]) -> frozenset[str]:
    """The IDs of the pieces that are taken, those of steps that made no layer among them; with one of a layer's all of
    them, for any would keep it. Their sizes nobody measures: they are 0."""
    pieces: dict[str, list[CacheUse]] = defaultdict(list)
    for layer, use in _steps(store, {}):
        pieces[layer or use.id].append(use)
    for use in _mounts(store):
        pieces[use.id].append(use)
    return frozenset(use.id for several in pieces.values() if any(map(takes, several)) for use in several)


def _mounts(store: Store) -> Iterator[CacheUse]:
    return (
        CacheUse(
            id=mount.name,
            kind=mount.kind,
            description=f"{_DESCRIPTIONS[mount.kind]} {mount.id}",
            size=mount.disk,
            created=mount.used,
            used=mount.used,
        )
        for mount in store.kept_folders.list()
    )


def _steps(store: Store, sizes: Mapping[Digest, int]) -> Iterator[tuple[Digest | None, CacheUse]]:
    """Each with the layer that it made, if it did. `sizes`: of those that only the cache keeps."""
    shared = {diff_id for (diff_id,) in store.disk.db.all(_OF_OTHERS)}
    for key, raw, used in store.disk.db.all(_ROWS):
        entry = _DECODER.decode(raw)
        layer = entry.result.layers[-1] if entry.result.is_own else None
        is_shared = any(each.diff_id in shared for each in entry.result.layers[-1:])
        own = sizes.get(layer.diff_id, 0) if layer else 0
        yield (
            layer.diff_id if layer else None,
            CacheUse(
                id=key,
                kind="regular",
                description=_description(entry),
                size=layer.size if layer and is_shared else own,
                created=entry.created,
                used=used,
                is_shared=is_shared,
            ),
        )


def _description(entry: CacheEntry) -> str:
    """What made it, and how much that was, as far as either is known."""
    return ": ".join(filter(None, (entry.text.partition("\n")[0], entry.detail)))
