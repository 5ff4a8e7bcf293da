"""The stat cache on disk (layer.stat_cache.StatCache): an unchanged tree is not read again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from onggi.layer.stat_cache import StatKey
from onggi.oci.digest import Digest
from onggi.store.disk import Disk

_TOGETHER = 500  # keys of one query: with a query for each, asking would take longer than the walk


class SqliteStatCache:
    """One row for each path: only its last look is remembered. Paths are kept as bytes: not all are text."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def get(self, keys: Sequence[StatKey]) -> dict[StatKey, Digest]:
        known: dict[StatKey, Digest] = {}
        for start in range(0, len(keys), _TOGETHER):
            asked = {os.fsencode(key.path): key for key in keys[start : start + _TOGETHER]}
            marks = ",".join("?" * len(asked))
            for path, *look, digest in self._disk.db.all(f"SELECT * FROM stats WHERE path IN ({marks})", tuple(asked)):
                if asked[path][1:] == tuple(look):
                    known[asked[path]] = digest
        return known

    def put(self, entries: Iterable[tuple[StatKey, Digest]]) -> None:
        rows = [(os.fsencode(key.path), *key[1:], digest) for key, digest in entries]
        if rows:
            with self._disk.db.write("remembering what files contain") as transaction:
                transaction.execute_many("INSERT OR REPLACE INTO stats VALUES (?, ?, ?, ?, ?, ?)", rows)
