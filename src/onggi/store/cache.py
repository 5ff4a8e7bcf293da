"""The build cache on disk: keys to results (solve.ports.CacheIndex)."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import msgspec

from onggi.solve.ports import Abandoned, Cancel
from onggi.solve.result import CacheEntry
from onggi.store.disk import Disk, Lease
from onggi.store.snapshots import Snapshots

_DECODER = msgspec.json.Decoder(CacheEntry)


class SqliteCacheIndex:
    """The index as one build sees it: what it found or made is leased until the build ends."""

    def __init__(self, disk: Disk, snapshots: Snapshots, lease: Lease) -> None:
        self._disk, self._snapshots, self._lease = disk, snapshots, lease

    def get(self, key: str) -> CacheEntry | None:
        """The entry, if all its layers are there; from now on they stay."""
        row = self._disk.db.one("SELECT entry FROM cache WHERE key = ?", (key,))
        if row is None:
            return None
        entry = _DECODER.decode(row[0])
        with self._disk.db.write("reading the build cache") as transaction:
            for layer in entry.result.layers:
                if self._lease.holds("snapshot", layer.diff_id):
                    continue
                found = transaction.execute("SELECT 1 FROM snapshots WHERE diff_id = ?", (layer.diff_id,)).fetchone()
                if found is None or not os.path.isdir(self._snapshots.path(layer.diff_id)):
                    return None
                self._lease.take(transaction, "snapshot", layer.diff_id)
            transaction.execute("UPDATE cache SET used = ? WHERE key = ?", (time.time(), key))
        return entry

    def glance(self, key: str) -> CacheEntry | None:
        """As `get`: a step that was kept has been used."""
        return self.get(key)

    def keys_of(self, entry: CacheEntry) -> list[str]:
        """All keys under which just this is remembered."""
        rows = self._disk.db.all("SELECT key FROM cache WHERE entry = ? ORDER BY key", (msgspec.json.encode(entry),))
        return [key for (key,) in rows]

    def put(self, keys: Sequence[str], entry: CacheEntry) -> None:
        """Remember a result whose layers are in the store, under every key."""
        data = msgspec.json.encode(entry)
        layers = {layer.diff_id for layer in entry.result.layers}
        with self._disk.db.write("writing the build cache") as transaction:
            for key in keys:
                transaction.execute("DELETE FROM cache WHERE key = ?", (key,))
                transaction.execute("INSERT INTO cache VALUES (?, ?, ?)", (key, data, time.time()))
                transaction.execute_many("INSERT INTO cache_layers VALUES (?, ?)", [(key, layer) for layer in layers])

    def lock(self, key: str, cancel: Cancel, waits: Callable[[], object] | None = None) -> AbstractContextManager[None]:
        """Held by the one thread of the one process that makes `key`."""
        tries = itertools.count()

        def ask() -> None:
            if cancel.is_set:
                raise Abandoned
            if next(tries) == 1 and waits:  # the first try has failed
                waits()

        return self._disk.lock(f"cache {key}", ask)
