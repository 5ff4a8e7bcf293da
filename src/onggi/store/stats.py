"""The stat cache on disk (layer.stat_cache.StatCache): an unchanged tree is not read again."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from onggi.layer.stat_cache import StatKey
from onggi.oci.digest import Digest
from onggi.store.disk import Disk


class SqliteStatCache:
    """One row for each path: only its last look is remembered. Paths are kept as bytes: not all are text."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def get(self, key: StatKey) -> Digest | None:
        row = self._disk.db.one(
            "SELECT digest FROM stats WHERE path = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ? AND inode = ?",
            _as_row(key),
        )
        return None if row is None else str(row[0])

    def put(self, entries: Iterable[tuple[StatKey, Digest]]) -> None:
        rows = [(*_as_row(key), digest) for key, digest in entries]
        if rows:
            with self._disk.db.write("remembering what files contain") as transaction:
                transaction.execute_many("INSERT OR REPLACE INTO stats VALUES (?, ?, ?, ?, ?, ?)", rows)


def _as_row(key: StatKey) -> tuple[Any, ...]:
    return (os.fsencode(key.path), *key[1:])
