"""What each COPY of a project put where when it last ran, so that the next version of its layer can link what is
unchanged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from onggi.oci.digest import Digest
from onggi.store.disk import Disk, Lease
from onggi.store.snapshots import Snapshots

if TYPE_CHECKING:
    from onggi.layer.earlier import Previous

_SHA256 = 32  # bytes
_PREFIX = "sha256:"


class Copies:
    """One row for each COPY of each project; what tells COPYs and projects apart is the caller's business."""

    def __init__(self, disk: Disk, snapshots: Snapshots) -> None:
        self._disk, self._snapshots = disk, snapshots

    def previous(self, copy: Digest, project: Digest, lease: Lease) -> Previous | None:
        """The snapshot that `copy` made last, leased, unless it is gone: of `project`, else of the one that was built
        last, which may be a clone."""
        from onggi.layer.earlier import Previous  # late: only builds copy

        row = self._disk.db.one(
            "SELECT diff_id, paths, digests FROM copies WHERE rowid ="
            " (SELECT rowid FROM copies WHERE key BETWEEN ? AND ? ORDER BY key = ? DESC, rowid DESC LIMIT 1)",
            (f"{copy} ", f"{copy} ~", _key(copy, project)),
        )
        if row is None or self._snapshots.get(row[0], lease) is None:
            return None
        diff_id, paths, digests = row
        return Previous(self._snapshots.path(diff_id), _unpack(paths, digests))

    def remember(self, copy: Digest, project: Digest, diff_id: Digest, contents: Mapping[str, Digest]) -> None:
        """`contents`, which are not empty, map the paths of files of the snapshot to the digests of what is in them."""
        paths = b"\0".join(map(os.fsencode, contents))
        digests = bytes.fromhex("".join(digest.removeprefix(_PREFIX) for digest in contents.values()))
        row = (_key(copy, project), diff_id, paths, digests)
        with self._disk.db.write("remembering what was copied") as transaction:
            transaction.execute("INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?)", row)


def _key(copy: Digest, project: Digest) -> str:
    return f"{copy} {project}"


def _unpack(paths: bytes, digests: bytes) -> dict[str, Digest]:
    text = digests.hex()
    return {
        os.fsdecode(path): _PREFIX + text[at : at + 2 * _SHA256]
        for path, at in zip(paths.split(b"\0"), range(0, len(text), 2 * _SHA256), strict=True)
    }
