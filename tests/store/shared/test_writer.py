from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.helpers import add_layer

from onggi.layer.compression import Squeeze
from onggi.oci import digest as digests
from onggi.solve.result import CacheEntry, LayerRef, Result
from onggi.store.disk import Lease
from onggi.store.shared.cache import SharedCache, source
from onggi.store.shared.document import Kept
from onggi.store.shared.folder import FolderShelf
from onggi.store.shared.writer import CacheWriter, Mount, WrittenCache
from onggi.store.store import Store

GZIP, ZSTD = Squeeze("gzip"), Squeeze("zstd")
COPY = {"etc/hosts": b"127.0.0.1 localhost\n" * 100}


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Store, Lease]]:
    with Store(folder) as store, store.lease() as lease:
        yield store, lease


class Builder:
    """A machine that writes caches and reads them. `warned`: what it told."""

    def __init__(self, store: Store, lease: Lease, *caches: FolderShelf) -> None:
        self.warned: list[str] = []
        self._store = store
        self.cache = SharedCache(
            store, store.cache(lease), [source(each) for each in caches], lease, self.warned.append
        )

    def write(
        self, to: FolderShelf, group: str, *kept: Kept, how: Squeeze = GZIP, mounts: tuple[Mount, ...] = ()
    ) -> WrittenCache:
        return CacheWriter(self._store, self.cache, without=()).write(kept, to, group, how, mounts)


def keep(key: str, *layers: LayerRef) -> Kept:
    result = Result(layers, is_own=bool(layers))
    return Kept((key,), CacheEntry(result=result, owned=(bool(layers),), seconds=1))


def test_what_one_writes_another_has(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "cache", "latest")
    with opened(tmp_path / "one") as (store, lease):
        layer = add_layer(store, COPY, lease)
        told = Builder(store, lease).write(shelf, "app", keep("a key", layer))
        assert told.sent == told.size > 0
        again = Builder(store, lease).write(shelf, "app", keep("a key", layer))
        assert again == WrittenCache(0, told.size)
    with opened(tmp_path / "other") as (store, lease):
        builder = Builder(store, lease, shelf)
        glanced = builder.cache.glance("a key")
        assert glanced is not None
        assert glanced.result.layers == (layer,)
        assert store.snapshots.get(layer.diff_id, lease) is None, "what is only looked at is not fetched"
        assert builder.cache.get("a key") is not None
        assert (Path(store.snapshots.path(layer.diff_id)) / "etc/hosts").read_bytes() == COPY["etc/hosts"]
        assert builder.cache.get("another key") is None
        assert builder.warned == []


def test_a_rebuild_that_changes_nothing_changes_nothing(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "cache", "latest")
    with opened(tmp_path / "one") as (store, lease):
        kept = keep("a key", add_layer(store, COPY, lease))
        Builder(store, lease).write(shelf, "app", kept)
        before = {path: path.stat().st_mtime_ns for path in sorted((tmp_path / "cache").rglob("*"))}
        Builder(store, lease).write(shelf, "app", kept)
        assert {
            path: path.stat().st_mtime_ns for path in sorted((tmp_path / "cache").rglob("*")) if path.is_file()
        } == {path: time for path, time in before.items() if path.is_file()}


def test_layers_that_are_there_in_another_form_are_written_in_the_one_that_is_wanted(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "cache", "latest")
    with opened(tmp_path / "one") as (store, lease):
        kept = keep("a key", add_layer(store, COPY, lease))
        Builder(store, lease).write(shelf, "app", kept)
        assert Builder(store, lease).write(shelf, "app", kept, how=ZSTD).sent > 0
        assert Builder(store, lease).write(shelf, "app", kept, how=ZSTD).sent == 0


def test_what_a_cache_has_goes_on_to_another_unseen(tmp_path: Path) -> None:
    first, second = (FolderShelf(tmp_path / name, "latest") for name in ("first", "second"))
    with opened(tmp_path / "one") as (store, lease):
        layer = add_layer(store, COPY, lease)
        Builder(store, lease).write(first, "app", keep("a key", layer))
    with opened(tmp_path / "other") as (store, lease):
        builder = Builder(store, lease, first)
        recalled = builder.cache.recall("a key")
        assert recalled is not None
        assert builder.write(second, "app", recalled).sent > 0
        assert store.snapshots.get(layer.diff_id, lease) is None
    assert set(source(second).entries) == {"a key"}


def test_a_layer_of_other_bytes_counts_for_nothing(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "cache", "latest")
    with opened(tmp_path / "one") as (store, lease):
        layer = add_layer(store, COPY, lease)
        Builder(store, lease).write(shelf, "app", keep("a key", layer))
    blob = tmp_path / "cache/blobs/sha256" / digests.hex_of(source(shelf).layers[layer.diff_id].digest)
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    with opened(tmp_path / "other") as (store, lease):
        builder = Builder(store, lease, shelf)
        assert builder.cache.get("a key") is None
        assert builder.cache.get("a key") is None
        (warning,) = builder.warned
        assert warning.startswith(f"a layer of the cache {shelf} is not used: ")
        assert store.snapshots.get(layer.diff_id, lease) is None


def test_a_writer_does_not_trust_what_it_passes_on(tmp_path: Path) -> None:
    """A cache whose layer is damaged does not get into another one."""
    first, second = (FolderShelf(tmp_path / name, "latest") for name in ("first", "second"))
    with opened(tmp_path / "one") as (store, lease):
        layer = add_layer(store, COPY, lease)
        Builder(store, lease).write(first, "app", keep("a key", layer))
    blob = tmp_path / "first/blobs/sha256" / digests.hex_of(source(first).layers[layer.diff_id].digest)
    blob.write_bytes(bytes(blob.stat().st_size))
    with opened(tmp_path / "other") as (store, lease):
        builder = Builder(store, lease, first)
        recalled = builder.cache.recall("a key")
        assert recalled is not None
        with pytest.raises(Exception, match="has other contents"):
            builder.write(second, "app", recalled)
        assert second.named() is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), min_size=1, max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_groups_leave_each_other_alone(store: Store, writes: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, store.lease() as lease:
        shelf = FolderShelf(Path(folder), "latest")
        for group, number in writes:
            Builder(store, lease).write(shelf, group, keep(f"{group}{number}"))
        assert set(source(shelf).entries) == {f"{group}{number}" for group, number in dict(writes).items()}


def test_what_is_garbage_is_written_over(store: Store, tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "cache", "latest")
    with store.lease() as lease:
        Builder(store, lease).write(shelf, "a", keep("a key"))
        entry = json.loads((tmp_path / "cache/index.json").read_text())["manifests"][0]
        (tmp_path / "cache/blobs/sha256" / digests.hex_of(entry["digest"])).write_text("garbage")
        Builder(store, lease).write(shelf, "b", keep("b key"))
        assert set(source(shelf).entries) == {"b key"}
