from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onggi.layer import removal
from onggi.solve.ports import CacheIndex
from onggi.solve.result import CacheEntry, LayerRef, Result
from onggi.store import gc
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
