from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onggi.errors import Corrupt, OnggiError
from onggi.layer import removal
from onggi.layer.compression import Squeeze
from onggi.solve.ports import CacheIndex
from onggi.solve.result import CacheEntry, LayerRef, Result
from onggi.store import fsck, gc
from onggi.store.disk import Lease
from onggi.store.shared.cache import SharedCache, source
from onggi.store.shared.document import Kept
from onggi.store.shared.folder import FolderShelf, to_read
from onggi.store.shared.writer import CacheWriter
from onggi.store.store import Store

from ..contracts.cache_index import CacheIndexContract
from .helpers import add_layer


class TestSqliteCacheIndex(CacheIndexContract):
    @pytest.fixture
    def index(self, store: Store) -> Iterator[CacheIndex]:
        with store.lease() as lease:
            yield store.cache(lease)

    @pytest.fixture
    def layer(self, store: Store) -> Iterator[Callable[[int], LayerRef]]:
        with store.lease() as lease:
            yield lambda number: add_layer(store, {"number": b"%d" % number}, lease)


class TestSharedCache(TestSqliteCacheIndex):
    @pytest.fixture
    def index(self, store: Store) -> Iterator[CacheIndex]:
        with store.lease() as lease:
            yield SharedCache(store, store.cache(lease), (), lease, pytest.fail)


@pytest.fixture
def folder(store: Store, tmp_path: Path) -> Path:
    """A cache in a folder: the key "a" leads to a layer that the store has no more."""
    with store.lease() as lease:
        ref = add_layer(store, {"f": b"made"}, lease)
        cache = SharedCache(store, store.cache(lease), (), lease, pytest.fail)
        entry = CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1)
        shelf = FolderShelf(tmp_path / "cache", "latest")
        CacheWriter(store, cache, ()).write([Kept(("a", "b"), entry)], shelf, "", Squeeze("gzip"))
    gc.collect(store)
    assert store.snapshots.list() == []
    return tmp_path / "cache"


def behind(store: Store, lease: Lease, folder: Path, told: list[str]) -> SharedCache:
    return SharedCache(store, store.cache(lease), [source(to_read(folder, "latest"))], lease, told.append)


def test_a_layer_comes_out_of_a_folder_when_it_is_needed(store: Store, folder: Path) -> None:
    with store.lease() as lease:
        cache = behind(store, lease, folder, [])
        assert cache.glance("a") is not None
        assert cache.get("c") is None
        assert store.snapshots.list() == []
        found = cache.get("a")
        assert found is not None
        assert Path(store.snapshots.path(found.result.layers[0].diff_id), "f").read_bytes() == b"made"
        assert store.snapshots.is_canonical(found.result.layers[0].diff_id)
    assert fsck.check(store) == []
    with store.lease() as lease:
        assert store.cache(lease).get("b") == found


@pytest.mark.parametrize(
    "change", [lambda data: data[:-20], lambda data: data[:-9] + b"x" + data[-8:], lambda data: b""]
)
def test_a_broken_blob_never_becomes_a_layer(store: Store, folder: Path, change: Callable[[bytes], bytes]) -> None:
    told: list[str] = []
    with store.lease() as lease:
        cache = behind(store, lease, folder, told)
        (descriptor,) = source(to_read(folder, "latest")).layers.values()
        blob = folder / "blobs/sha256" / descriptor.digest[7:]
        blob.write_bytes(change(blob.read_bytes()))
        assert cache.get("a") is None
        assert cache.get("b") is None
    assert len(told) == 1
    assert store.snapshots.list() == []


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("index.json", b"{", "not an image index"),
        ("index.json", b'{"schemaVersion":2,"manifests":[]}', "there is no cache latest"),
        ("index.json", None, "there is no cache latest"),
    ],
)
def test_what_is_no_cache_is_refused(folder: Path, path: str, content: bytes | None, message: str) -> None:
    (folder / path).unlink()
    if content is not None:
        (folder / path).write_bytes(content)
    with pytest.raises(OnggiError, match=message):
        source(to_read(folder, "latest"))


def test_a_cache_is_not_added_to_a_folder_that_is_broken(store: Store, folder: Path) -> None:
    (folder / "index.json").write_bytes(b"{")
    with store.lease() as lease:
        writer = CacheWriter(store, SharedCache(store, store.cache(lease), (), lease, pytest.fail), ())
        with pytest.raises(Corrupt, match=f"{folder}/index.json is not an image index"):
            writer.write([], FolderShelf(folder, "latest"), "", Squeeze("gzip"))
    assert (folder / "index.json").read_bytes() == b"{"


def test_what_was_got_stays_although_the_cache_is_pruned(store: Store) -> None:
    with store.lease() as lease:
        ref = add_layer(store, {"f": b"1"}, lease)
        store.cache(lease).put(["key"], CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1))
    with store.lease() as lease:
        assert store.cache(lease).get("key") is not None
        gc.prune_cache(store)
        assert Path(store.snapshots.path(ref.diff_id), "f").exists()
    gc.collect(store)
    assert not Path(store.snapshots.path(ref.diff_id)).exists()


def test_an_entry_whose_layer_is_gone_is_none(store: Store) -> None:
    with store.lease() as lease:
        ref = add_layer(store, {"f": b"1"}, lease)
        cache = store.cache(lease)
        cache.put(["key"], CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1))
    removal.remove(store.snapshots.path(ref.diff_id))
    with store.lease() as lease:
        assert store.cache(lease).get("key") is None
        again = add_layer(store, {"f": b"1"}, lease)  # made again: the row is there, the folder was not
        assert again.diff_id == ref.diff_id
        assert store.cache(lease).get("key") is not None
