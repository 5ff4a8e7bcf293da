"""In which repositories of which registries blobs were seen."""

from __future__ import annotations

import time
from collections.abc import Iterable

from onggi.oci.digest import Digest
from onggi.store.disk import Disk

KEPT_SECONDS = 90 * 24 * 3600.0
"""For how long a sighting is worth a question."""


class Sightings:
    """A hint: a registry may have removed the blob meanwhile, and need not give it to everyone."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def add(self, host: str, repository: str, digests: Iterable[Digest]) -> None:
        """All of these are there now."""
        now = time.time()
        with self._disk.db.write(f"noting what {host} has") as transaction:
            transaction.execute("DELETE FROM sightings WHERE seen < ?", (now - KEPT_SECONDS,))
            transaction.execute_many(
                "INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?)",
                [(host, digest, repository, now) for digest in digests],
            )

    def elsewhere(self, host: str, digest: Digest, repository: str) -> str:
        """The other repository of the host that had it last, "" for none."""
        row = self._disk.db.one(
            "SELECT repository FROM sightings WHERE host = ? AND digest = ? AND repository != ?"
            " ORDER BY seen DESC, repository LIMIT 1",
            (host, digest, repository),
        )
        return "" if row is None else str(row[0])
