"""Garbage collection: mark and sweep over the rows.

What is kept. The roots are images, containers, cache entries, failed steps of builds, and what living processes have
leased; cache mounts are folders that nothing names, which whoever uses them locks. A layer is kept while any of them
names it, a blob while an image, a lease or a repository that is served does. Pruning takes roots away, by the person's
choice or by the cap on the build cache; collecting then takes away what nothing names any more. Volumes are the
person's, and what was pushed to served repositories is its clients': only they take them away.

Why no process can lose what it uses. All that a process finds in the store it leases in the very transaction in which
it finds it, and SQLite lets one write transaction happen at a time, over all processes. Marking and sweeping are one
such transaction too. So either the lease is there before we mark, and the thing stays; or we have swept before the
process looks, and it finds nothing and makes it again. A process is alive as long as the kernel holds its session's
lock, so a lease needs no timeout and a killed process no clean-up of its own.

Why it is quick. Inside the transaction a folder is only renamed into tmp/; the files are unlinked after the commit,
when others may write again. Killed in between, we leave rows rolled back (then the next look sees that the folder is
missing and makes it again, for only unnamed things are swept) or folders in tmp/ whose session is dead (then whoever
collects next removes them).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Literal

import msgspec

from onggi.errors import Conflict, Invalid, NotFound
from onggi.layer import removal
from onggi.oci import digest as digests
from onggi.oci import reference as references
from onggi.oci import timestamp
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference
from onggi.store import usage
from onggi.store.arrivals import Arrivals
from onggi.store.containers import ContainerRow
from onggi.store.db import Transaction
from onggi.store.images import StoredImage
from onggi.store.kept_folders import KeptFolder
from onggi.store.prune_filter import EVERYTHING, PruneFilter, Tell
from onggi.store.served.contents import forget_unnamed
from onggi.store.store import Store

SEEN_BYTES = 64 << 20
"""What is remembered of more files than fit is forgotten all at once: reading them again costs only time. A file takes
about a hundred."""

_UNNAMED_SNAPSHOTS = """
    SELECT diff_id FROM snapshots
    EXCEPT SELECT diff_id FROM image_layers
    EXCEPT SELECT diff_id FROM container_layers
    EXCEPT SELECT diff_id FROM cache_layers
    EXCEPT SELECT diff_id FROM failure_layers
    EXCEPT SELECT subject FROM leases WHERE kind = 'snapshot'
"""
_UNNAMED_BLOBS = """
    SELECT digest FROM blobs
    EXCEPT SELECT digest FROM image_layers
    EXCEPT SELECT id FROM images
    EXCEPT SELECT manifest_digest FROM images
    EXCEPT SELECT digest FROM served_blobs
    EXCEPT SELECT digest FROM served_manifests
    EXCEPT SELECT subject FROM leases WHERE kind = 'blob'
"""
_IS_CACHE_ONLY = """
    diff_id IN (SELECT diff_id FROM cache_layers UNION SELECT diff_id FROM failure_layers)
    AND diff_id NOT IN (SELECT diff_id FROM image_layers)
    AND diff_id NOT IN (SELECT diff_id FROM container_layers)
"""


class Removed(msgspec.Struct, frozen=True):
    """A reference that was untagged, or an ID or name that was deleted."""

    what: Literal["untagged", "deleted"]
    name: str


class _Ledger:
    """What has gone, which is told at once."""

    def __init__(self, tell: Tell) -> None:
        self._removed: list[Removed] = []
        self._tell = tell

    def note(self, what: Literal["untagged", "deleted"], name: str) -> None:
        self._removed.append(Removed(what, name))
        self._tell(what, name)

    def freed(self, bytes: int) -> Freed:
        return Freed(tuple(self._removed), bytes)


def _unheard(what: str, name: str) -> None:
    """Nobody wants to know before the end."""


class Freed(msgspec.Struct, frozen=True):
    """What went, and how many bytes of disk came free."""

    removed: tuple[Removed, ...]
    bytes: int


class Item(msgspec.Struct, frozen=True):
    """Something that may be evicted: when it was last used, and the parts on disk that it keeps."""

    key: str
    used: float
    parts: frozenset[str]


def collect(store: Store) -> int:
    """Remove what nothing names, and what dead processes left; returns the bytes that came free."""
    disk = store.disk
    before = disk.reap()
    with disk.db.write("collecting garbage") as transaction:
        trash = [*_sweep(store, transaction, _UNNAMED_SNAPSHOTS, "snapshots", "diff_id", store.snapshots.path)]
        forget_unnamed(transaction, time.time())
        trash += _sweep(store, transaction, _UNNAMED_BLOBS, "blobs", "digest", store.blobs.path)
        if transaction.execute("SELECT ifnull(sum(length(seen)), 0) FROM seen").fetchone()[0] > SEEN_BYTES:
            transaction.execute("DELETE FROM seen")
    with disk.during("collecting garbage"):
        return before + sum(removal.remove(path) for path in trash) + Arrivals(disk).sweep()


def prune_images(store: Store, only: PruneFilter = EVERYTHING, *, unused: bool = False, tell: Tell = _unheard) -> Freed:
    """Remove dangling images, or all that no container is made from, and what has arrived of others. What a living
    process uses stays."""
    ledger = _Ledger(tell)
    for image in store.images.list():
        config = image.config()
        is_wanted = not (image.is_dangling or unused)
        if is_wanted or not only.takes(timestamp.parse(config.created), config.config.labels):
            continue
        if store.containers.of_image(image.id):
            continue
        with contextlib.suppress(Conflict, NotFound):  # in use, or another process was quicker
            store.images.remove(image.id)
            for name in (*image.references, *image.pinned):
                ledger.note("untagged", name.familiar())
            ledger.note("deleted", image.id)
    with store.disk.during("collecting garbage"):
        unfinished = Arrivals(store.disk).sweep(older_than=0)
    return ledger.freed(unfinished + collect(store))


def prune_containers(
    store: Store,
    is_stopped: Callable[[ContainerRow], bool],
    only: PruneFilter = EVERYTHING,
    tell: Tell = _unheard,
) -> Freed:
    """Remove the containers that are not running."""
    ledger, freed = _Ledger(tell), 0
    for row in store.containers.list():
        if not only.takes(row.created, row.spec.labels):
            continue
        with store.containers.lock(row.id), contextlib.suppress(NotFound):
            if is_stopped(row):
                freed += store.containers.remove(row.id)
                ledger.note("deleted", row.id)
    return ledger.freed(freed + collect(store))


def prune_volumes(store: Store, only: PruneFilter = EVERYTHING, *, named: bool = False, tell: Tell = _unheard) -> Freed:
    """Remove the volumes that no container has: those that nobody has named, and with `named` the others too."""
    ledger, freed = _Ledger(tell), 0
    for row in store.volumes.list():
        if (row.is_anonymous or named) and only.takes(row.created, row.labels):
            with contextlib.suppress(Conflict, NotFound):  # in use, or another process was quicker
                freed += store.volumes.remove(row.name)
                ledger.note("deleted", row.name)
    return ledger.freed(freed)


def cap_cache(store: Store, max_bytes: int) -> Freed:
    """Bring the build cache below its cap if it is over it, and a tenth further, so that this is not due again with
    every build. While it fits, finding that out is two sums over rows."""
    if cached_bytes(store) <= max_bytes:
        return Freed((), 0)
    return prune_cache(store, max_bytes - max_bytes // 10)


def prune_cache(
    store: Store,
    max_bytes: int | None = None,
    only: PruneFilter = EVERYTHING,
    tell: Tell = _unheard,
    among: Container[str] | None = None,
) -> Freed:
    """Bring the build cache, cache mounts, records and logs included, below a cap by forgetting what was not used for
    longest; None forgets all of it, or of that what the filter takes, and of that what is `among` these IDs. Layers
    that images and containers also use count for nothing: they stay anyway. A cache mount that a step uses stays
    too."""
    mounted = store.kept_folders.list()
    sizes = {} if max_bytes is None else measure_cached(store) | _measure_logs(store) | _sizes_of(mounted)
    entries = [
        Item(key, used, frozenset(layers.split()))
        for key, used, layers in store.disk.db.all(
            "SELECT key, used, ifnull(group_concat(diff_id, ' '), '') FROM cache LEFT JOIN cache_layers USING (key)"
            " GROUP BY key"
        )
    ]
    layers = store.failures.layers()
    builds = [
        Item(build, started, frozenset({build, *layers.get(build, ())}))
        for build, started in store.records.ended().items()
    ]
    mounts = [Item(mount.name, mount.used, frozenset({mount.name})) for mount in mounted]
    kinds = {item.key: "regular" for item in entries} | {mount.name: mount.kind for mount in mounted}
    kept = {
        item.key
        for item in (*entries, *mounts, *builds)
        if not only.takes(item.used, {}, kinds.get(item.key, "")) or (among is not None and item.key not in among)
    }
    if max_bytes is not None:
        kept |= keep_newest([*entries, *builds, *mounts], sizes, max_bytes)
    evicted = [item.key for item in entries if item.key not in kept]
    with store.disk.db.write("pruning the build cache") as transaction:
        for key in evicted:
            transaction.execute("DELETE FROM cache WHERE key = ?", (key,))
    ledger = _Ledger(tell)
    for key in evicted:
        ledger.note("deleted", key)
    freed = sum(store.records.remove(item.key) for item in builds if item.key not in kept)
    for mount in mounts:
        came_free = None if mount.key in kept else store.kept_folders.remove(mount.key)
        if came_free is not None:
            ledger.note("deleted", mount.key)
            freed += came_free
    return ledger.freed(freed + collect(store))


def remove_image(
    store: Store, text: str, *, force: bool = False, is_running: Callable[[ContainerRow], bool] = lambda row: False
) -> Freed:
    """`image rm`: by name it takes this name away, and the image too if it was the last one; by ID it takes image and
    name away. Raises Conflict where Docker does: a container uses the image, or an ID stands for several names; `force`
    overcomes both, but not a running container."""
    image = store.images.get(text)
    rest = _others(store, text, image)
    names = tuple(dict.fromkeys((*image.references, *image.pinned)))
    named = [name for name in names if name == _as_reference(text)]
    left = _left(names, named[0]) if named else ()
    if left:
        gone = [name for name in names if name not in left]
        store.images.untag(*gone)
        removed = _remove_unnamed(store, rest, named[0])
        untagged = tuple(Removed("untagged", name.familiar()) for name in gone)
        return Freed((*untagged, *removed), collect(store) if removed else 0)
    short = digests.short(image.id)
    if len(image.references) > 1 and not force:
        raise Conflict(
            f"conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories",
            hint="remove its names one by one, or use --force",
        )
    users = store.containers.of_image(image.id)
    running = [row for row in users if is_running(row)]
    if running and not named:
        raise Conflict(
            f"conflict: unable to delete {short} (cannot be forced) - image is being used by running container"
            f" {running[0].id[:12]}",
            hint="stop the container first",
        )
    if users and not force:
        user = (running or users)[0].id[:12]
        by_name = f'unable to remove repository reference "{text}" (must force) - container {user} is using its'
        by_id = f"unable to delete {short} (must be forced) - image is being used by stopped container {user}"
        raise Conflict(
            f"conflict: {by_name} referenced image {short}" if named else f"conflict: {by_id}",
            hint="remove the container first, or use --force",
        )
    untagged = tuple(Removed("untagged", name.familiar()) for name in names)
    if running:  # as in Docker: the name goes, the image stays for the container
        store.images.untag(*names)
        return Freed(untagged, 0)
    store.images.remove(image.id)
    removed = _remove_unnamed(store, rest, _as_reference(text))
    return Freed((*untagged, Removed("deleted", image.id), *removed), collect(store))


def _others(store: Store, text: str, image: StoredImage) -> list[Digest]:
    """The other images, for other platforms, that the text means."""
    index = store.images.index(text)
    members = [each.image for each in index.members if each.image != image.id] if index else []
    name = _as_reference(text)
    return [*members, *(store.origins.siblings(image.id, name.name()) if name else ())]


def _left(names: Iterable[Reference], gone: Reference) -> tuple[Reference, ...]:
    """The names that an image keeps when one is taken away. Digests of a repository go with its last tag, as in
    Docker."""
    rest = [name for name in names if name != gone]
    if gone.digest or any(name.tag and name.name() == gone.name() for name in rest):
        return tuple(rest)
    return tuple(name for name in rest if name.name() != gone.name())


def _remove_unnamed(store: Store, images: Iterable[Digest], gone: Reference | None) -> list[Removed]:
    """The other images of one for several platforms, where nothing else names or uses them; the others are no longer
    known by the name that is gone."""
    removed = []
    for image in images:
        with contextlib.suppress(Conflict, NotFound):  # in use, or another process was quicker
            if gone is not None:
                _forget_origins(store, store.images.get(image), gone)
            if store.images.get(image).is_dangling and not store.containers.of_image(image):
                store.images.remove(image)
                removed.append(Removed("deleted", image))
    return removed


def _forget_origins(store: Store, image: StoredImage, gone: Reference) -> None:
    """The digest that is gone; of a tag, if it was the last one, all of its repository."""
    is_named = any(name.name() == gone.name() for name in (*image.references, *image.part_of))
    if gone.digest or not is_named:
        store.origins.remove(gone.name(), image.id, gone.digest)


def keep_newest(items: Iterable[Item], sizes: Mapping[str, int], cap: int) -> set[str]:
    """The keys to keep: from the newest on, as long as their parts, each counted once, stay below the cap."""
    kept: set[str] = set()
    counted: set[str] = set()
    total = 0
    for item in sorted(items, key=lambda item: item.used, reverse=True):
        new = item.parts - counted
        cost = sum(sizes.get(part, 0) for part in new)
        if total + cost > cap:
            break
        total += cost
        counted |= new
        kept.add(item.key)
    return kept


def _sweep(
    store: Store, transaction: Transaction, query: str, table: str, column: str, path: Callable[[Digest], str]
) -> Iterable[str]:
    for (name,) in transaction.execute(query).fetchall():
        trash = store.disk.trash()
        with contextlib.suppress(FileNotFoundError):
            transaction.rename(path(name), trash)
        transaction.execute(f"DELETE FROM {table} WHERE {column} = ?", (name,))
        yield trash


def cached_bytes(store: Store) -> int:
    """About how many bytes on disk only the cache keeps. It counts what came with each layer; which of several layers
    that share files is the last to have them, only `measure_cached` knows."""
    database = store.disk.db
    for (diff_id,) in database.all(f"SELECT diff_id FROM snapshots WHERE disk IS NULL AND {_IS_CACHE_ONLY}"):
        _note_sizes(store, {diff_id: usage.own(store.snapshots.path(diff_id))})
    (layers,) = database.one(f"SELECT ifnull(sum(disk), 0) FROM snapshots WHERE {_IS_CACHE_ONLY}")
    (logs,) = database.one("SELECT ifnull(sum(disk), 0) FROM logs")
    return int(layers + logs) + sum(_sizes_of(store.kept_folders.list()).values())


def measure_cached(store: Store) -> dict[Digest, int]:
    """Bytes on disk of the layers that only the cache keeps. A file that is linked into several layers counts for the
    one that stays longest: one that is kept anyway, else that which was used last. Walks all layers."""
    rows = store.disk.db.all(
        f"SELECT diff_id, ({_IS_CACHE_ONLY}) AS is_cached FROM snapshots LEFT JOIN cache_layers USING (diff_id)"
        " LEFT JOIN cache USING (key) GROUP BY diff_id ORDER BY is_cached, max(used) DESC"
    )
    counted = usage.Usage()
    sizes = {diff_id: counted.add(store.snapshots.path(diff_id)) for diff_id, _ in rows}
    _note_sizes(store, sizes)
    return {diff_id: sizes[diff_id] for diff_id, is_cached in rows if is_cached}


def _measure_logs(store: Store) -> dict[str, int]:
    """Bytes on disk of the records' folders. An inventory that several builds share counts for the newest, which keeps
    it longest."""
    counted = usage.Usage()
    ended = store.records.ended()
    newest_first = sorted(ended, key=ended.__getitem__, reverse=True)
    sizes = {build: counted.add(str(store.records.folder(build))) for build in newest_first}
    with store.disk.db.write("measuring build records") as transaction:
        rows = [(size, build) for build, size in sizes.items()]
        transaction.execute_many("UPDATE logs SET disk = ? WHERE build = ?", rows)
    return sizes


def _sizes_of(mounts: Iterable[KeptFolder]) -> dict[str, int]:
    return {mount.name: mount.disk for mount in mounts}


def _note_sizes(store: Store, sizes: Mapping[Digest, int]) -> None:
    with store.disk.db.write("measuring layers") as transaction:
        rows = [(size, diff_id) for diff_id, size in sizes.items()]
        transaction.execute_many("UPDATE snapshots SET disk = ? WHERE diff_id = ?", rows)


def _as_reference(text: str) -> Reference | None:
    """A tag beside a digest says nothing."""
    try:
        name = references.parse(text)
    except Invalid:
        return None
    return msgspec.structs.replace(name, tag="") if name.digest else name
