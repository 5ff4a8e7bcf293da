"""The store: one folder on disk, used by many processes at once."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from onggi.store.blobs import Blobs
from onggi.store.cache import SqliteCacheIndex
from onggi.store.cache_mounts import CacheMounts
from onggi.store.containers import Containers
from onggi.store.copies import Copies
from onggi.store.disk import Disk, Lease
from onggi.store.downloads import Downloads
from onggi.store.failures import Failures
from onggi.store.images import Images
from onggi.store.inventories import Inventories
from onggi.store.records import Records
from onggi.store.snapshots import Snapshots
from onggi.store.stats import SqliteStatCache


class Store:
    """Opens the store at `root`, or makes it. Raises Denied or Invalid if it cannot be made, and with the first use
    Unsupported if a newer onggi wrote it.

    with store.lease() as lease:
        image = store.images.get("node:18-slim", lease)
        cache = store.cache(lease)
    """

    def __init__(self, root: Path) -> None:
        self.disk = Disk(root)
        self.root = self.disk.root
        self.blobs = Blobs(self.disk)
        self.snapshots = Snapshots(self.disk)
        self.images = Images(self.disk, self.blobs, self.snapshots)
        self.copies = Copies(self.disk, self.snapshots)
        self.downloads = Downloads(self.disk, self.snapshots)
        self.cache_mounts = CacheMounts(self.disk)
        self.containers = Containers(self.disk)
        self.records = Records(self.disk)
        self.inventories = Inventories(self.disk)
        self.failures = Failures(self.disk)
        self.stats = SqliteStatCache(self.disk)
        self.events_folder = str(self.root / "events")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def cache(self, lease: Lease) -> SqliteCacheIndex:
        """The build cache; what it gives is leased."""
        return SqliteCacheIndex(self.disk, self.snapshots, lease)

    def temporary(self) -> AbstractContextManager[Path]:
        """An empty folder on the store's file system, removed at the end of the block."""
        return self.disk.temporary()

    def lease(self) -> AbstractContextManager[Lease]:
        """What is leased cannot be collected until the end of the block, or the death of the process."""
        return self.disk.lease()

    def lock(self, key: str) -> AbstractContextManager[None]:
        """Held by one thread of one process at a time."""
        return self.disk.lock(key)

    def close(self) -> None:
        """Release what this process held."""
        self.disk.close()
