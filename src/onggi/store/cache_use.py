"""What the build cache has on disk, piece by piece: layers that steps made, and cache mounts. df.py has the sum."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from onggi.oci.digest import Digest
from onggi.solve.result import CacheEntry
from onggi.store.gc import measure_cached
from onggi.store.store import Store

Kind: TypeAlias = Literal["regular", "exec.cachemount"]

_DECODER = msgspec.json.Decoder(CacheEntry)
_ROWS = "SELECT key, entry, used FROM cache ORDER BY used DESC, key"
_OF_OTHERS = "SELECT diff_id FROM image_layers UNION SELECT diff_id FROM container_layers"


class CacheUse(msgspec.Struct, frozen=True, kw_only=True):
    """id: what pruning calls it. size: in bytes, on disk; of what images or containers have too (`is_shared`) it is
    theirs. created, used: seconds since the epoch."""

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
    mounts = (
        CacheUse(
            id=mount.name,
            kind="exec.cachemount",
            description=f"cache mount {mount.id}",
            size=mount.disk,
            created=mount.used,
            used=mount.used,
        )
        for mount in store.cache_mounts.list()
    )
    return sorted([*_layers(store), *mounts], key=lambda use: use.used, reverse=True)


def _layers(store: Store) -> list[CacheUse]:
    sizes = measure_cached(store)
    shared = {diff_id for (diff_id,) in store.disk.db.all(_OF_OTHERS)}
    found: dict[Digest, CacheUse] = {}
    for key, raw, used in store.disk.db.all(_ROWS):
        entry = _DECODER.decode(raw)
        if not entry.result.is_own:
            continue
        layer = entry.result.layers[-1]
        if layer.diff_id in found:
            continue
        is_shared = layer.diff_id in shared
        found[layer.diff_id] = CacheUse(
            id=key,
            kind="regular",
            description=entry.detail,
            size=layer.size if is_shared else sizes.get(layer.diff_id, 0),
            created=entry.created,
            used=used,
            is_shared=is_shared,
        )
    return list(found.values())
