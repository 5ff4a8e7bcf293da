"""The stat cache on disk (layer.stat_cache.StatCache): an unchanged tree is not read again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import msgspec

from onggi.layer.stat_cache import Folders, Seen
from onggi.store.disk import Disk

_TOGETHER = 500  # folders of one query
_DECODER = msgspec.msgpack.Decoder(list[Seen])


class SqliteStatCache:
    """One row for each folder: of rows for each file the reading would take longer than the walk. Paths and names are
    kept as bytes: not all are text."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def get(self, folders: Iterable[str]) -> Folders:
        asked = {os.fsencode(folder): folder for folder in folders}
        paths = list(asked)
        known = {}
        for start in range(0, len(paths), _TOGETHER):
            some = tuple(paths[start : start + _TOGETHER])
            query = f"SELECT folder, names, seen FROM seen WHERE folder IN ({','.join('?' * len(some))})"
            for path, names, seen in self._disk.db.all(query, some):
                known[asked[path]] = dict(zip(os.fsdecode(names).split("\0"), _DECODER.decode(seen), strict=True))
        return known

    def put(self, folders: Folders) -> None:
        if not folders:
            return
        with self._disk.db.write("remembering what files contain") as transaction:
            known = self.get(folders)
            rows = [
                _row(folder, {**_left(folder, known.get(folder, {}), files), **files})
                for folder, files in folders.items()
            ]
            transaction.execute_many("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", rows)


def _left(folder: str, known: Mapping[str, Seen], files: Mapping[str, Seen]) -> dict[str, Seen]:
    """What is known of other files than `files`, without those that are gone."""
    return {name: seen for name, seen in known.items() if name not in files and os.path.lexists(f"{folder}/{name}")}


def _row(folder: str, files: Mapping[str, Seen]) -> tuple[bytes, bytes, bytes]:
    return os.fsencode(folder), os.fsencode("\0".join(files)), msgspec.msgpack.encode(list(files.values()))
