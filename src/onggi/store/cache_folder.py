"""The build cache as a folder that other machines can use: an OCI image layout with a manifest whose config tells which
keys lead to which layers.

The config, of a media type of its own, holds the entries of the cache, each with its keys, and for each layer of the
manifest its diff ID. Layers of base images are not among them: whoever has the key of a step on a base image has the
image. Nothing that is read is believed before its digest was seen, and no layer before it was unpacked and its trees
compared; that a step with this key makes these layers, the folder's writer has to be trusted with.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from onggi.errors import Corrupt, Invalid, NotFound, Unsupported
from onggi.image.validate import check_bytes
from onggi.layer import beside
from onggi.layer.pack import pack
from onggi.layer.unpack import unpack
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.document import reading
from onggi.oci.manifest import Index
from onggi.solve.ports import Cancel
from onggi.solve.result import CacheEntry, LayerRef
from onggi.store import lockfile
from onggi.store.archive.export import Exporter, Squeeze
from onggi.store.archive.files import FolderFiles, read
from onggi.store.cache import SqliteCacheIndex
from onggi.store.checked import Checked
from onggi.store.disk import LAYOUT, LAYOUT_FILE, Lease, make_folder
from onggi.store.layout import REF_NAME
from onggi.store.store import Store

MEDIA_TYPE = "application/vnd.onggi.cache.v1+json"
_BLOBS = "blobs/sha256"
_CHUNK = 1 << 20


class Kept(msgspec.Struct, frozen=True):
    """An entry of the cache under all its keys."""

    keys: tuple[str, ...]
    entry: CacheEntry


class _Config(msgspec.Struct, frozen=True):
    """`diff_ids` are those of the manifest's layers, in their order."""

    diff_ids: tuple[Digest, ...]
    entries: tuple[Kept, ...]


class CacheFolder:
    """A cache that was written by `write`. Raises NotFound, Corrupt or Invalid if it cannot be read."""

    def __init__(self, folder: Path, tag: str, digest: str = "") -> None:
        self.folder = folder
        if not folder.is_dir():
            raise NotFound(f"there is no folder {folder}")
        self._files = FolderFiles(folder)
        manifest = manifests.parse(self._read(_named(self._index(), tag, digest)))
        if manifest.config.media_type != MEDIA_TYPE:
            raise Invalid(f"{folder} holds no cache of onggi, but {manifest.config.media_type}")
        with reading("a build cache"):
            config = msgspec.json.decode(self._read(manifest.config), type=_Config)
        if len(config.diff_ids) != len(manifest.layers):
            raise Corrupt(f"the cache has {len(manifest.layers)} layers, but {len(config.diff_ids)} diff IDs")
        if not all(map(_is_sound, config.entries)):
            raise Corrupt(f"{folder} has an entry that cannot be")
        self.layers = dict(zip(config.diff_ids, manifest.layers, strict=True))
        self.entries = {key: kept for kept in config.entries for key in kept.keys}

    @contextmanager
    def open(self, descriptor: Descriptor) -> Iterator[Checked]:
        """A blob that is checked while it is read; `finish` tells whether it is what the descriptor says."""
        with self._files.open(_path(descriptor.digest)) as file:
            yield Checked(file, descriptor)

    def has(self, descriptor: Descriptor) -> bool:
        path = _path(descriptor.digest)
        return self._files.has(path) and self._files.size(path) == descriptor.size

    def _index(self) -> Index:
        return manifests.parse_index(read(self._files, "index.json"))

    def _read(self, descriptor: Descriptor) -> bytes:
        data = read(self._files, _path(descriptor.digest))
        check_bytes("the document", data, descriptor)
        return data


def _is_sound(kept: Kept) -> bool:
    entry = kept.entry
    return entry.owned[-1:] == (entry.result.is_own,) and sum(entry.owned) <= len(entry.result.layers)


def _named(index: Index, tag: str, digest: str) -> Descriptor:
    for entry in index.manifests:
        if entry.digest == digest if digest else entry.annotations.get(REF_NAME) == tag:
            return entry
    raise NotFound(f"there is no cache {digest or tag}")


def _path(digest: Digest) -> str:
    return f"{_BLOBS}/{digests.hex_of(digests.parse(digest))}"


class SharedCache:
    """The store's cache, and behind it those of folders (solve.ports.CacheIndex): an entry that only a folder has comes
    into the store, with the layers that are missing, when it is needed. What turns out to be broken counts for nothing,
    and `warn` is told of it."""

    def __init__(
        self,
        store: Store,
        local: SqliteCacheIndex,
        folders: Sequence[CacheFolder],
        lease: Lease,
        warn: Callable[[str], None],
    ) -> None:
        self._store = store
        self._local = local
        self._folders = folders
        self._lease = lease
        self._warn = warn
        self._broken: set[Digest] = set()

    def get(self, key: str) -> CacheEntry | None:
        found = self._local.get(key)
        if found is not None:
            return found
        for folder in self._folders:
            kept = folder.entries.get(key)
            if kept is not None and all(self._fetch(layer, folder) for layer in kept.entry.result.layers):
                self._local.put(kept.keys, kept.entry)
                return self._local.get(key)
        return None

    def glance(self, key: str) -> CacheEntry | None:
        found = self._local.glance(key)
        if found is not None:
            return found
        return next((folder.entries[key].entry for folder in self._folders if key in folder.entries), None)

    def recall(self, key: str, further: str = "") -> Kept | None:
        """What is known of a key, with all its keys; `further` is one more that is known to be its."""
        found = self._local.glance(key)
        if found is not None:
            return Kept(tuple(sorted({key, *filter(None, [further]), *self._local.keys_of(found)})), found)
        return next((folder.entries[key] for folder in self._folders if key in folder.entries), None)

    def holder(self, diff_id: Digest) -> CacheFolder | None:
        """The folder that has a layer."""
        return next((folder for folder in self._folders if diff_id in folder.layers), None)

    def put(self, keys: Sequence[str], entry: CacheEntry) -> None:
        self._local.put(keys, entry)

    def lock(self, key: str, cancel: Cancel, waits: Callable[[], object] | None = None) -> AbstractContextManager[None]:
        return self._local.lock(key, cancel, waits)

    def _fetch(self, layer: LayerRef, folder: CacheFolder) -> bool:
        """Whether the layer is in the store, now at the latest."""
        with self._store.lock(f"layer {layer.diff_id}"):
            found = self._store.snapshots.get(layer.diff_id, self._lease)
            if found is not None:
                return found == layer
            descriptor = folder.layers.get(layer.diff_id)
            if descriptor is None or layer.diff_id in self._broken:
                return False
            try:
                with folder.open(descriptor) as blob:
                    _unpack(self._store, layer, blob, self._lease)
            except (Corrupt, Invalid, NotFound, Unsupported) as error:
                self._broken.add(layer.diff_id)
                self._warn(f"a layer of the cache {folder.folder} is not used: {error}")
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


class CacheWriter:
    """Writes caches into folders, beside others that are there. Layers come from the store, or from the folders behind
    `cache`; those of which the diff ID is in `without` are left out."""

    def __init__(self, store: Store, cache: SharedCache, without: Collection[Digest]) -> None:
        self._store = store
        self._cache = cache
        self._without = without

    def write(self, entries: Iterable[Kept], folder: Path, tag: str, squeeze: Squeeze) -> None:
        """A blob that is there already is not written again."""
        kept = tuple(entries)
        layers = dict.fromkeys(layer.diff_id for each in kept for layer in each.entry.result.layers)
        wanted = tuple(diff_id for diff_id in layers if diff_id not in self._without)
        (folder / _BLOBS).mkdir(parents=True, exist_ok=True)
        with lockfile.held(str(folder / "index.json.lock")), self._store.temporary() as temporary:
            before = _written(folder, tag, squeeze)
            exporter = Exporter(squeeze, temporary)
            descriptors = tuple(
                before[diff_id] if diff_id in before else self._put_layer(diff_id, exporter, folder)
                for diff_id in wanted
            )
            config = msgspec.json.encode(_Config(wanted, kept))
            described = Descriptor(MEDIA_TYPE, _put(folder, config), len(config))
            manifest = manifests.encode(manifests.of(described, descriptors))
            entry = Descriptor(
                mediatype.OCI_MANIFEST, _put(folder, manifest), len(manifest), annotations={REF_NAME: tag}
            )
            _write(folder / LAYOUT_FILE, LAYOUT)
            _write(folder / "index.json", manifests.encode(_with(folder, entry)))

    def _put_layer(self, diff_id: Digest, exporter: Exporter, folder: Path) -> Descriptor:
        holder = self._cache.holder(diff_id)
        if holder is not None and self._store.snapshots.get(diff_id) is None:
            descriptor = holder.layers[diff_id]
            with holder.open(descriptor) as blob, _new(folder, descriptor.digest) as file:
                shutil.copyfileobj(blob, file, _CHUNK)
                blob.finish()
            return descriptor
        layer = exporter.layer(self._store.snapshots.layer(diff_id))
        with _new(folder, layer.descriptor.digest) as file:
            layer.copy(file.write)
        return layer.descriptor


def _written(folder: Path, tag: str, squeeze: Squeeze) -> dict[Digest, Descriptor]:
    """The layers that are here before, in the form that is wanted."""
    try:
        known = CacheFolder(folder, tag)
    except (NotFound, Corrupt, Invalid):
        return {}
    return {
        diff_id: descriptor
        for diff_id, descriptor in known.layers.items()
        if mediatype.compression(descriptor.media_type) == squeeze.compression and known.has(descriptor)
    }


def _new(folder: Path, digest: Digest) -> AbstractContextManager[BinaryIO]:
    return beside.writing(str(folder / _path(digest)))


def _put(folder: Path, data: bytes) -> Digest:
    digest = digests.of(data)
    _write(folder / _path(digest), data)
    return digest


def _write(path: Path, data: bytes) -> None:
    with beside.writing(str(path)) as file:
        file.write(data)


def _with(folder: Path, entry: Descriptor) -> Index:
    """The folder's index with one more entry, or another one of the same tag."""
    path = folder / "index.json"
    try:
        others = manifests.parse_index(path.read_bytes()).manifests if path.exists() else ()
    except Corrupt as error:
        hint = "to begin a new cache, remove the folder or name another one"
        raise Corrupt(f"no cache can be added to {folder}: index.json is {error}", hint=hint) from error
    tag = entry.annotations[REF_NAME]
    rest = tuple(each for each in others if each.annotations.get(REF_NAME) != tag)
    return Index(schema_version=2, media_type=mediatype.OCI_INDEX, manifests=(*rest, entry))
