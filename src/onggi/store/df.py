"""What the store uses on disk, by what could be done about it. The rows add up to what du says of the folder."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

import msgspec

from onggi.oci.digest import Digest
from onggi.store.arrivals import Arrivals
from onggi.store.containers import ContainerRow
from onggi.store.images import StoredImage
from onggi.store.store import Store
from onggi.store.usage import Usage


class Use(msgspec.Struct, frozen=True):
    """A row of the report; `size` and `reclaimable` in bytes. What several kinds use, a layer or a file that is
    hard-linked into several layers, counts for the first of them."""

    kind: str
    count: int
    active: int
    size: int
    reclaimable: int
    note: str = ""


class Report(msgspec.Struct, frozen=True):
    """`shared` is the part of the images' size that several images use."""

    rows: tuple[Use, ...]
    shared: int

    @property
    def total(self) -> int:
        return sum(row.size for row in self.rows)

    @property
    def reclaimable(self) -> int:
        return sum(row.reclaimable for row in self.rows)


def measure(store: Store, is_running: Callable[[ContainerRow], bool]) -> Report:
    """Walk the store. What could be freed is what `system prune --all` and `volume prune --all` would free."""
    return _Measure(store, is_running).report()


class _Measure:
    def __init__(self, store: Store, is_running: Callable[[ContainerRow], bool]) -> None:
        self._store = store
        self._usage = Usage()
        self._counted: set[str] = set()
        self._images = store.images.list()
        self._layer_blobs: defaultdict[Digest, list[Digest]] = defaultdict(list)
        for image, digest in store.disk.db.all("SELECT image, digest FROM image_layers"):
            self._layer_blobs[image].append(digest)
        self._containers = store.containers.list()
        self._running = {row.id for row in self._containers if is_running(row)}
        self._used = {row.spec.image_id for row in self._containers}

    def report(self) -> Report:
        layers: dict[Digest, int] = {}
        needed = [layer for row in self._containers for layer in row.layers]
        needed += [ref.diff_id for image in self._images if image.id in self._used for ref in image.refs]
        kept = self._snapshots(needed, layers) + self._blobs(image for image in self._images if image.id in self._used)
        unused = self._snapshots((ref.diff_id for image in self._images for ref in image.refs), layers)
        unused += self._blobs(self._images)
        containers, stopped = self._homes()
        rows = (
            Use("images", len(self._images), len(self._used), kept + unused, unused, self._dangling()),
            Use("containers", len(self._containers), len(self._running), containers, stopped),
            self._volumes(),
            self._cache(),
            *self._served(),
            self._other(),
        )
        users = Counter(diff_id for image in self._images for diff_id in {ref.diff_id for ref in image.refs})
        return Report(rows, sum(size for diff_id, size in layers.items() if users[diff_id] > 1))

    def _dangling(self) -> str:
        count = sum(not image.references for image in self._images)
        return f"{count} dangling" if count else ""

    def _snapshots(self, diff_ids: Iterable[Digest], sizes: dict[Digest, int]) -> int:
        total = 0
        for diff_id in diff_ids:
            if diff_id not in sizes:
                sizes[diff_id] = self._add(self._store.snapshots.path(diff_id))
                total += sizes[diff_id]
        return total

    def _blobs(self, images: Iterable[StoredImage]) -> int:
        return sum(
            self._add(self._store.blobs.path(digest))
            for image in images
            for digest in (image.id, image.digest, *self._layer_blobs[image.id])
        )

    def _homes(self) -> tuple[int, int]:
        sizes = {row.id: self._add(str(self._store.containers.home(row.id))) for row in self._containers}
        return sum(sizes.values()), sum(size for container, size in sizes.items() if container not in self._running)

    def _volumes(self) -> Use:
        used = self._store.volumes.users().keys()
        sizes = {row.name: self._add(self._store.volumes.folder(row.name)) for row in self._store.volumes.list()}
        unused = [size for name, size in sizes.items() if name not in used]
        note = f"{len(unused)} used by nothing" if unused else ""
        return Use("volumes", len(sizes), len(sizes) - len(unused), sum(sizes.values()), sum(unused), note)

    def _cache(self) -> Use:
        entries = self._store.disk.db.one("SELECT count(*) FROM cache")[0]
        mounts = self._store.kept_folders.list()
        cached = self._store.disk.db.all("SELECT DISTINCT diff_id FROM cache_layers")
        size = sum(self._add(self._store.snapshots.path(diff_id)) for (diff_id,) in cached)
        size += sum(self._add(str(self._store.records.folder(record.id))) for record in self._store.records.list())
        size += sum(self._add(self._store.kept_folders.path(mount.name)) for mount in mounts)
        return Use("build cache", entries + len(mounts), 0, size, size)

    def _served(self) -> Iterator[Use]:
        """What was pushed here, where anything was."""
        served, database = self._store.served, self._store.disk.db
        if repositories := served.repositories():
            named = database.all("SELECT digest FROM served_manifests UNION SELECT digest FROM served_members")
            kept = sum(self._add(served.path(digest)) for (digest,) in named)
            linked = database.all("SELECT DISTINCT digest FROM served_blobs")
            unnamed = sum(self._add(served.path(digest)) for (digest,) in linked)
            (tagged,) = database.one("SELECT count(DISTINCT repository) FROM served_tags")
            yield Use("registry", len(repositories), tagged, kept + unnamed, 0, "pushed to registry serve")

    def _other(self) -> Use:
        unfinished = Arrivals(self._store.disk).measure()
        return Use("other", 0, 0, self._rest(), unfinished, "database, events, reserve, unfinished work")

    def _rest(self) -> int:
        """All that was not counted yet."""
        parents = {parent for path in self._counted for parent in _parents(path, str(self._store.root))}
        total = 0
        for folder in parents | {str(self._store.root)}:
            total += self._usage.add_one(folder)
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                if path not in parents:
                    total += self._add(path)
        return total

    def _add(self, path: str) -> int:
        if path in self._counted:
            return 0
        self._counted.add(path)
        return self._usage.add(path)


def _parents(path: str, top: str) -> Iterable[str]:
    """The folders above `path`, without `top` itself and what is above it."""
    while (path := os.path.dirname(path)) != top:
        yield path
