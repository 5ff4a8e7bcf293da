"""Writing a shared cache: what is there already is not written again, and what others have written stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from onggi.errors import Corrupt, NotFound, Unsupported
from onggi.layer.compression import Squeeze
from onggi.layer.pack import pack
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.store.archive.export import ExportedLayer, Exporter, compressed
from onggi.store.checked import Checked
from onggi.store.shared import document
from onggi.store.shared.cache import SharedCache, source
from onggi.store.shared.document import GROUP, MEDIA_TYPE, Config, Kept, KeptMount
from onggi.store.shared.shelf import Shelf, Write
from onggi.store.store import Store

_CHUNK = 1 << 20


class Mount(msgspec.Struct, frozen=True):
    """A cache mount to be kept, by its name in the store."""

    name: str
    id: str


class WrittenCache(msgspec.Struct, frozen=True):
    """What was written: how many bytes of layers, of those that the cache has."""

    sent: int
    size: int


class _Before(msgspec.Struct, frozen=True):
    """What is there already, of layers those in the form that is wanted; and the cache mounts by name."""

    layers: Mapping[Digest, Descriptor]
    mounts: Mapping[str, Digest]


class CacheWriter:
    """Writes what one build knows. Layers come from the store, or from the caches behind `cache`; those of which the
    diff ID is in `without` are left out."""

    def __init__(self, store: Store, cache: SharedCache, without: Collection[Digest]) -> None:
        self._store = store
        self._cache = cache
        self._without = without

    def write(
        self, entries: Iterable[Kept], to: Shelf, group: str, how: Squeeze, mounts: Sequence[Mount] = ()
    ) -> WrittenCache:
        """Has the shelf hold these entries and cache mounts as those of `group`, with all that they need. Raises what
        the shelf raises; then the name means what it meant."""
        kept = tuple(entries)
        with to.alone(), self._store.temporary() as folder:
            before = _written(to, how)
            writing = _Writing(to, before, Exporter(how, folder), self._store, self._cache)
            layers = dict.fromkeys(layer.diff_id for each in kept for layer in each.entry.result.layers)
            chain = {diff_id: writing.layer(diff_id) for diff_id in layers if diff_id not in self._without}
            held = [(mount, found) for mount in mounts if (found := writing.mount(mount, folder, how))]
            chain.update(found for _, found in held)
            kept_mounts = tuple(KeptMount(mount.name, mount.id, diff_id) for mount, (diff_id, _) in held)
            raw_config = msgspec.json.encode(Config(tuple(chain), kept, kept_mounts))
            described = writing.document(MEDIA_TYPE, raw_config)
            raw = manifests.encode(manifests.of(described, tuple(chain.values())))
            own = writing.document(mediatype.OCI_MANIFEST, raw)
            _join(to, replace(own, annotations={GROUP: group}))
        return WrittenCache(writing.sent, sum(each.size for each in chain.values()))


class _Writing:
    """One cache as it is written. `sent` counts the bytes of layers that were not there."""

    def __init__(self, to: Shelf, before: _Before, exporter: Exporter, store: Store, cache: SharedCache) -> None:
        self.sent = 0
        self._to = to
        self._before = before
        self._exporter = exporter
        self._store = store
        self._cache = cache

    def layer(self, diff_id: Digest) -> Descriptor:
        if diff_id in self._before.layers:
            return self._before.layers[diff_id]
        holder = self._cache.holder(diff_id)
        if holder is not None and self._store.snapshots.get(diff_id) is None:
            descriptor = holder.layers[diff_id]
            self._put(descriptor, lambda write: _copy(holder.shelf, descriptor, write))
            return descriptor
        return self._exported(self._exporter.layer(self._store.snapshots.layer(diff_id)))

    def mount(self, mount: Mount, folder: Path, how: Squeeze) -> tuple[Digest, Descriptor] | None:
        """What the cache mount holds; what was written of it before, if it is not here; None if there is nothing."""
        if not any(each.name == mount.name for each in self._store.kept_folders.list()):
            diff_id = self._before.mounts.get(mount.name, "")
            return (diff_id, self._before.layers[diff_id]) if diff_id in self._before.layers else None
        with self._store.kept_folders.use(mount.name, mount.id, "locked") as path:
            packed = pack(path)
            if packed.diff_id in self._before.layers:
                return packed.diff_id, self._before.layers[packed.diff_id]
            exported = compressed(lambda write: pack(path, write), how, folder)
            return packed.diff_id, self._exported(exported)

    def document(self, media_type: str, raw: bytes) -> Descriptor:
        descriptor = Descriptor(media_type, digests.of(raw), len(raw))
        if not self._to.has(descriptor):
            self._to.put(descriptor, lambda write: write(raw))
        return descriptor

    def _exported(self, layer: ExportedLayer) -> Descriptor:
        self._put(layer.descriptor, layer.copy)
        return layer.descriptor

    def _put(self, descriptor: Descriptor, write: Callable[[Write], object]) -> None:
        if not self._to.has(descriptor):
            self._to.put(descriptor, write)
            self.sent += descriptor.size


def _join(to: Shelf, own: Descriptor) -> None:
    """Have the cache's index name a group's manifest."""
    if to.own() != own:
        to.keep(own)
    raw = to.named()
    try:
        others = () if raw is None else document.members(raw)
    except Corrupt:
        others = ()
    index = manifests.encode(document.joined(others, own))
    if index != raw:
        to.publish(Descriptor(mediatype.OCI_INDEX, digests.of(index), len(index)), index)


def _written(to: Shelf, how: Squeeze) -> _Before:
    try:
        found = source(to)
    except (NotFound, Corrupt, Unsupported):
        return _Before({}, {})
    layers = {
        diff_id: descriptor
        for diff_id, descriptor in found.layers.items()
        if mediatype.compression(descriptor.media_type) == how.compression and to.has(descriptor)
    }
    return _Before(layers, found.mounts)


def _copy(source: Shelf, descriptor: Descriptor, write: Write) -> None:
    with source.open(descriptor) as stream:
        blob = Checked(stream, descriptor)
        while chunk := blob.read(_CHUNK):
            write(chunk)
        blob.finish()
