"""Garbage collection: mark and sweep over the rows.

What is kept. The roots are images, containers, cache entries, and what living processes have leased. A layer is kept
while any of them names it, a blob while an image or a lease does. Pruning takes roots away, by the person's choice or
by the cap on the build cache; collecting then takes away what nothing names any more.

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
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec

from onggi.errors import Conflict, Invalid, NotFound
from onggi.layer import removal
from onggi.oci import reference as references
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference
from onggi.store.containers import ContainerRow
from onggi.store.db import Transaction
from onggi.store.store import Store
from onggi.store.usage import Usage

STAT_ROWS = 500_000
"""More remembered files than this are forgotten all at once: reading them again costs only time."""

_UNNAMED_SNAPSHOTS = """
    SELECT diff_id FROM snapshots
    EXCEPT SELECT diff_id FROM image_layers
    EXCEPT SELECT diff_id FROM container_layers
    EXCEPT SELECT diff_id FROM cache_layers
    EXCEPT SELECT subject FROM leases WHERE kind = 'snapshot'
"""
_UNNAMED_BLOBS = """
    SELECT digest FROM blobs
    EXCEPT SELECT digest FROM image_layers
    EXCEPT SELECT id FROM images
    EXCEPT SELECT manifest_digest FROM images
    EXCEPT SELECT subject FROM leases WHERE kind = 'blob'
"""
_CACHE_ONLY = """
    SELECT diff_id, disk FROM snapshots WHERE diff_id IN (
        SELECT diff_id FROM cache_layers
        EXCEPT SELECT diff_id FROM image_layers
        EXCEPT SELECT diff_id FROM container_layers
    )
"""


class Removed(msgspec.Struct, frozen=True):
    """A reference that was untagged, or an ID or name that was deleted."""

    what: Literal["untagged", "deleted"]
    name: str


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
        trash += _sweep(store, transaction, _UNNAMED_BLOBS, "blobs", "digest", store.blobs.path)
        if transaction.execute("SELECT count(*) FROM stats").fetchone()[0] > STAT_ROWS:
            transaction.execute("DELETE FROM stats")
    with disk.during("collecting garbage"):
        return before + sum(removal.remove(path) for path in trash)


def prune_images(store: Store, *, unused: bool = False) -> Freed:
    """Remove dangling images, or all that no container is made from. Those that a living process uses stay."""
    removed: list[Removed] = []
    for image in store.images.list():
        is_wanted = bool(image.references) and not unused
        if is_wanted or store.containers.of_image(image.id):
            continue
        with contextlib.suppress(Conflict, NotFound):  # in use, or another process was quicker
            store.images.remove(image.id)
            removed += [Removed("untagged", name.familiar()) for name in image.references]
            removed.append(Removed("deleted", image.id))
    return Freed(tuple(removed), collect(store))


def prune_containers(store: Store, is_stopped: Callable[[ContainerRow], bool]) -> Freed:
    """Remove the containers that are not running."""
    removed, freed = [], 0
    for row in store.containers.list():
        with store.containers.lock(row.id), contextlib.suppress(NotFound):
            if is_stopped(row):
                freed += store.containers.remove(row.id)
                removed.append(Removed("deleted", row.id))
    return Freed(tuple(removed), freed + collect(store))


def prune_cache(store: Store, max_bytes: int | None = None) -> Freed:
    """Bring the build cache, records and logs included, below a cap by forgetting what was not used for longest; None
    forgets all of it. Layers that images and containers also use count for nothing, they stay anyway."""
    sizes = {} if max_bytes is None else _measure(store)
    entries = [
        Item(key, used, frozenset(layers.split()))
        for key, used, layers in store.disk.db.all(
            "SELECT key, used, ifnull(group_concat(diff_id, ' '), '') FROM cache LEFT JOIN cache_layers USING (key)"
            " GROUP BY key"
        )
    ]
    builds = [Item(build, started, frozenset({build})) for build, started in store.disk.db.all(_FINISHED_BUILDS)]
    kept = set() if max_bytes is None else keep_newest([*entries, *builds], sizes, max_bytes)
    evicted = [item.key for item in entries if item.key not in kept]
    with store.disk.db.write("pruning the build cache") as transaction:
        for key in evicted:
            transaction.execute("DELETE FROM cache WHERE key = ?", (key,))
    freed = sum(store.records.remove(item.key) for item in builds if item.key not in kept)
    return Freed(tuple(Removed("deleted", key) for key in evicted), freed + collect(store))


def remove_image(
    store: Store, text: str, *, force: bool = False, is_running: Callable[[ContainerRow], bool] = lambda row: False
) -> Freed:
    """`image rm`: by name it takes this name away, and the image too if it was the last one; by ID it takes image and
    name away. Raises Conflict where Docker does: a container uses the image, or an ID stands for several names; `force`
    overcomes both, but not a running container."""
    image = store.images.get(text)
    named = [name for name in image.references if name == _as_reference(text)]
    if named and len(image.references) > 1:
        store.images.untag(named[0])
        return Freed((Removed("untagged", named[0].familiar()),), 0)
    short = image.id.removeprefix("sha256:")[:12]
    if len(image.references) > 1 and not force:
        raise Conflict(
            f"conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories",
            hint="remove its names one by one, or use --force",
        )
    users = store.containers.of_image(image.id)
    running = [row for row in users if is_running(row)]
    if users and not force:
        state = "running" if running else "stopped"
        raise Conflict(
            f"conflict: unable to delete {short} (must be forced) - image is being used by {state} container"
            f" {(running or users)[0].id[:12]}",
            hint="remove the container first, or use --force",
        )
    if running and not named:
        raise Conflict(
            f"conflict: unable to delete {short} (cannot be forced) - image is being used by running container"
            f" {running[0].id[:12]}",
            hint="stop the container first",
        )
    untagged = tuple(Removed("untagged", name.familiar()) for name in image.references)
    if running:  # as in Docker: the name goes, the image stays for the container
        store.images.untag(named[0])
        return Freed(untagged, 0)
    store.images.remove(image.id)
    return Freed((*untagged, Removed("deleted", image.id)), collect(store))


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


_FINISHED_BUILDS = "SELECT id, started FROM builds WHERE json_extract(record, '$.outcome') <> 'running'"


def _sweep(
    store: Store, transaction: Transaction, query: str, table: str, column: str, path: Callable[[Digest], str]
) -> Iterable[str]:
    for (name,) in transaction.execute(query).fetchall():
        trash = store.disk.trash()
        with contextlib.suppress(FileNotFoundError):
            transaction.rename(path(name), trash)
        transaction.execute(f"DELETE FROM {table} WHERE {column} = ?", (name,))
        yield trash


def _measure(store: Store) -> dict[str, int]:
    """Bytes on disk of what only the cache keeps: layers by diff ID, logs by build."""
    sizes: dict[str, int] = {}
    for diff_id, disk in store.disk.db.all(_CACHE_ONLY):
        sizes[diff_id] = disk if disk is not None else _measure_snapshot(store, diff_id)
    for build, _ in store.disk.db.all(_FINISHED_BUILDS):
        sizes[build] = Usage().add(str(store.records.folder(build)))
    return sizes


def _measure_snapshot(store: Store, diff_id: Digest) -> int:
    size = Usage().add(store.snapshots.path(diff_id))
    with store.disk.db.write("measuring a layer") as transaction:
        transaction.execute("UPDATE snapshots SET disk = ? WHERE diff_id = ?", (size, diff_id))
    return size


def _as_reference(text: str) -> Reference | None:
    try:
        return references.parse(text)
    except Invalid:
        return None
