"""The store: one folder on disk, used by many processes at once."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from onggi.store.disk import Disk, Lease

if TYPE_CHECKING:
    from onggi.store.blobs import Blobs
    from onggi.store.cache import SqliteCacheIndex
    from onggi.store.containers import Containers
    from onggi.store.copies import Copies
    from onggi.store.downloads import Downloads
    from onggi.store.failures import Failures
    from onggi.store.images import Images
    from onggi.store.inventories import Inventories
    from onggi.store.kept_folders import KeptFolders
    from onggi.store.manifest_lists import ManifestLists
    from onggi.store.networks import Networks, Routes
    from onggi.store.origins import Origins
    from onggi.store.records import Records
    from onggi.store.served.contents import Served
    from onggi.store.sightings import Sightings
    from onggi.store.snapshots import Snapshots
    from onggi.store.squeezed import Squeezed
    from onggi.store.stats import SqliteStatCache
    from onggi.store.volumes import Volumes


class Store:
    """Opens the store at `root`, or makes it. Raises Denied or Invalid if it cannot be made, and with the first use
    Unsupported if a newer onggi wrote it. Its parts come with their first use.

    with store.lease() as lease:
        image = store.images.get("node:18-slim", lease)
        cache = store.cache(lease)
    """

    def __init__(self, root: Path) -> None:
        self.disk = Disk(root)
        self.root = self.disk.root
        self.events_folder = str(self.root / "events")

    def __enter__(self) -> Store:
        return self

    def moment(self) -> int:
        """A number that is another one after each change of what the database says, by whichever process."""
        return self.disk.db.moment()

    def __exit__(self, *_: object) -> None:
        self.close()

    # What images are made of.

    @cached_property
    def blobs(self) -> Blobs:
        from onggi.store.blobs import Blobs

        return Blobs(self.disk)

    @cached_property
    def snapshots(self) -> Snapshots:
        from onggi.store.snapshots import Snapshots

        return Snapshots(self.disk)

    @cached_property
    def images(self) -> Images:
        from onggi.store.images import Images

        return Images(self.disk, self.blobs, self.snapshots)

    @cached_property
    def origins(self) -> Origins:
        from onggi.store.origins import Origins

        return Origins(self.disk)

    @cached_property
    def squeezed(self) -> Squeezed:
        from onggi.store.squeezed import Squeezed

        return Squeezed(self.disk)

    @cached_property
    def sightings(self) -> Sightings:
        from onggi.store.sightings import Sightings

        return Sightings(self.disk)

    @cached_property
    def manifest_lists(self) -> ManifestLists:
        from onggi.store.manifest_lists import ManifestLists

        return ManifestLists(self.disk)

    @cached_property
    def served(self) -> Served:
        from onggi.store.served.contents import Served

        return Served(self.disk, self.blobs)

    # What runs.

    @cached_property
    def containers(self) -> Containers:
        from onggi.store.containers import Containers

        return Containers(self.disk)

    @cached_property
    def volumes(self) -> Volumes:
        from onggi.store.volumes import Volumes

        return Volumes(self.disk)

    def networks(self, routes: Routes) -> Networks:
        """The networks; `routes` is asked for the host's destinations where a subnet has to be chosen."""
        from onggi.store.networks import Networks

        return Networks(self.disk, routes)

    # What builds keep.

    def cache(self, lease: Lease) -> SqliteCacheIndex:
        """The build cache; what it gives is leased."""
        from onggi.store.cache import SqliteCacheIndex

        return SqliteCacheIndex(self.disk, self.snapshots, lease)

    @cached_property
    def copies(self) -> Copies:
        from onggi.store.copies import Copies

        return Copies(self.disk, self.snapshots)

    @cached_property
    def downloads(self) -> Downloads:
        from onggi.store.downloads import Downloads

        return Downloads(self.disk, self.snapshots)

    @cached_property
    def kept_folders(self) -> KeptFolders:
        from onggi.store.kept_folders import KeptFolders

        return KeptFolders(self.disk)

    @cached_property
    def records(self) -> Records:
        from onggi.store.records import Records

        return Records(self.disk)

    @cached_property
    def inventories(self) -> Inventories:
        from onggi.store.inventories import Inventories

        return Inventories(self.disk)

    @cached_property
    def failures(self) -> Failures:
        from onggi.store.failures import Failures

        return Failures(self.disk)

    @cached_property
    def stats(self) -> SqliteStatCache:
        from onggi.store.stats import SqliteStatCache

        return SqliteStatCache(self.disk)

    # What all of them stand on.

    def temporary(self) -> AbstractContextManager[Path]:
        """An empty folder on the store's file system, removed at the end of the block."""
        return self.disk.temporary()

    def lease(self) -> AbstractContextManager[Lease]:
        """What is leased cannot be collected until the end of the block, or the death of the process."""
        return self.disk.lease()

    def lock(self, key: str) -> AbstractContextManager[None]:
        """Held by one thread of one process at a time; `key` is a part of a file's name."""
        return self.disk.lock(key)

    def close(self, *, ends_process: bool = False) -> None:
        """Release what this process held; what only tidies up is left undone if it `ends_process`."""
        self.disk.close(ends_process=ends_process)
