"""The store's cache with those of other machines behind it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from onggi.errors import Corrupt, OnggiError
from onggi.layer.pack import pack
from onggi.layer.unpack import unpack
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.solve.ports import Cancel
from onggi.solve.result import CacheEntry, LayerRef
from onggi.store.cache import SqliteCacheIndex
from onggi.store.checked import Checked
from onggi.store.disk import Lease, make_folder
from onggi.store.shared.document import Group, Kept
from onggi.store.shared.shelf import Shelf, groups
from onggi.store.store import Store

_CHUNK = 1 << 20


class Source(msgspec.Struct, frozen=True):
    """A cache that was read: its entries by key, its layers by diff ID, and the diff IDs of cache mounts by name."""

    shelf: Shelf
    entries: Mapping[str, Kept]
    layers: Mapping[Digest, Descriptor]
    mounts: Mapping[str, Digest]


def source(shelf: Shelf) -> Source:
    """Reads what is there. Raises as `shelf.groups` does."""
    return of_groups(shelf, groups(shelf))


def of_groups(shelf: Shelf, found: Iterable[Group]) -> Source:
    found = list(found)
    return Source(
        shelf,
        {key: kept for group in found for kept in group.config.entries for key in kept.keys},
        {diff_id: layer for group in found for diff_id, layer in group.layers.items()},
        {mount.name: mount.diff_id for group in found for mount in group.config.mounts},
    )


class SharedCache:
    """solve.ports.CacheIndex: an entry that only another cache has comes into the store, with the layers that are
    missing, when it is needed. What turns out to be broken counts for nothing, and `warn` is told of it."""

    def __init__(
        self,
        store: Store,
        local: SqliteCacheIndex,
        sources: Sequence[Source],
        lease: Lease,
        warn: Callable[[str], None],
    ) -> None:
        self._store = store
        self._local = local
        self._sources = sources
        self._lease = lease
        self._warn = warn
        self._broken: set[Digest] = set()

    def get(self, key: str) -> CacheEntry | None:
        found = self._local.get(key)
        if found is not None:
            return found
        for each in self._sources:
            kept = each.entries.get(key)
            if kept is not None and all(self._fetch(layer, each) for layer in kept.entry.result.layers):
                self._local.put(kept.keys, kept.entry)
                return self._local.get(key)
        return None

    def glance(self, key: str) -> CacheEntry | None:
        found = self._local.glance(key)
        if found is not None:
            return found
        return next((each.entries[key].entry for each in self._sources if key in each.entries), None)

    def recall(self, key: str, further: str = "") -> Kept | None:
        """What is known of a key, with all its keys; `further` is one more that is known to be its."""
        found = self._local.glance(key)
        if found is not None:
            return Kept(tuple(sorted({key, *filter(None, [further]), *self._local.keys_of(found)})), found)
        return next((each.entries[key] for each in self._sources if key in each.entries), None)

    def holder(self, diff_id: Digest) -> Source | None:
        """The cache that has a layer."""
        return next((each for each in self._sources if diff_id in each.layers), None)

    def put(self, keys: Sequence[str], entry: CacheEntry) -> None:
        self._local.put(keys, entry)

    def lock(self, key: str, cancel: Cancel, waits: Callable[[], object] | None = None) -> AbstractContextManager[None]:
        return self._local.lock(key, cancel, waits)

    def fill_mount(self, name: str, folder: Path) -> bool:
        """Whether some cache had this cache mount, of which the content is in the empty folder now."""
        for each in self._sources:
            diff_id = each.mounts.get(name)
            descriptor = each.layers.get(diff_id or "")
            if diff_id is None or descriptor is None or diff_id in self._broken:
                continue
            try:
                with each.shelf.open(descriptor) as stream:
                    blob = Checked(stream, descriptor)
                    unpacked = unpack(io.BufferedReader(blob, _CHUNK), str(folder))
                    blob.finish()
                if unpacked.diff_id != diff_id:
                    raise Corrupt(f"it has other contents: they are {unpacked.diff_id}")
            except OnggiError as error:
                self._broken.add(diff_id)
                self._warn(f"a cache mount of the cache {each.shelf} is not used: {error}")
                return False
            return True
        return False

    def _fetch(self, layer: LayerRef, source: Source) -> bool:
        """Whether the layer is in the store, now at the latest."""
        with self._store.lock(f"layer {layer.diff_id}"):
            found = self._store.snapshots.get(layer.diff_id, self._lease)
            if found is not None:
                return found == layer
            descriptor = source.layers.get(layer.diff_id)
            if descriptor is None or layer.diff_id in self._broken:
                return False
            try:
                with source.shelf.open(descriptor) as stream:
                    _unpack(self._store, layer, Checked(stream, descriptor), self._lease)
            except OnggiError as error:
                self._broken.add(layer.diff_id)
                self._warn(f"a layer of the cache {source.shelf} is not used: {error}")
                return False
            return True


def _unpack(store: Store, layer: LayerRef, blob: Checked, lease: Lease) -> None:
    """Raises Corrupt unless the blob is what its descriptor says, and unpacks to the layer."""
    with store.temporary() as folder, store.disk.during(f"storing layer {layer.diff_id}"):
        root = make_folder(folder / "root")
        unpack(io.BufferedReader(blob, _CHUNK), str(root))
        blob.finish()
        packed = pack(str(root))
        if packed.ref != layer:
            raise Corrupt(f"layer {layer.diff_id} has other contents: they are {packed.diff_id}")
        store.snapshots.add(root, layer, lease)
