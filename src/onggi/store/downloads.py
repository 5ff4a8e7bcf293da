"""Files that builds fetched: each is a layer of its own, and what its server said of it, to ask later whether it has
changed."""

from __future__ import annotations

import msgspec

from onggi.oci.digest import Digest
from onggi.solve.result import LayerRef
from onggi.store.disk import Disk, Lease
from onggi.store.snapshots import Snapshots


class Download(msgspec.Struct, frozen=True):
    """`digest` is of the file; `etag` and `last_modified` are the server's words, "" for none."""

    digest: Digest
    etag: str = ""
    last_modified: str = ""


_DECODER = msgspec.json.Decoder(Download)


class Downloads:
    """One row for each place, which stands for a URL, and the name that its file has in the layer."""

    def __init__(self, disk: Disk, snapshots: Snapshots) -> None:
        self._disk, self._snapshots = disk, snapshots

    def get(self, place: str, name: str, lease: Lease) -> tuple[Download, LayerRef] | None:
        """What was fetched last, leased, unless it is gone."""
        row = self._disk.db.one("SELECT diff_id, record FROM remote_files WHERE place = ? AND name = ?", (place, name))
        layer = None if row is None else self._snapshots.get(row[0], lease)
        return None if row is None or layer is None else (_DECODER.decode(row[1]), layer)

    def put(self, place: str, name: str, download: Download, layer: LayerRef) -> None:
        record = msgspec.json.encode(download)
        with self._disk.db.write("remembering a download") as transaction:
            transaction.execute(
                "INSERT OR REPLACE INTO remote_files VALUES (?, ?, ?, ?)", (place, name, layer.diff_id, record)
            )
