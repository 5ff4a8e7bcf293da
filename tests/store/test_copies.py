from __future__ import annotations

from onggi.layer.earlier import Previous
from onggi.oci import digest
from onggi.store import gc
from onggi.store.store import Store

from .helpers import add_layer

CONTENTS = {"/a": digest.of(b"a"), "/long/name with\nanything": digest.of(b"b"), "/\udcff": digest.of(b"c")}


def test_what_was_remembered_last_comes_back(store: Store) -> None:
    with store.lease() as lease:
        one, two = (add_layer(store, {"a": data}, lease).diff_id for data in (b"1", b"2"))
        assert store.copies.previous("copy", "project", lease) is None
        store.copies.remember("copy", "project", one, {"/a": digest.of(b"1")})
        store.copies.remember("copy", "other", one, {"/a": digest.of(b"1")})
        store.copies.remember("copy", "project", two, CONTENTS)
        assert store.copies.previous("copy", "project", lease) == Previous(store.snapshots.path(two), CONTENTS)
        assert store.copies.previous("copy", "other", lease) == Previous(
            store.snapshots.path(one), {"/a": digest.of(b"1")}
        )


def test_it_keeps_no_snapshot_and_goes_with_it(store: Store) -> None:
    with store.lease() as lease:
        store.copies.remember("copy", "project", add_layer(store, {"a": b"1"}, lease).diff_id, CONTENTS)
    gc.collect(store)
    assert store.snapshots.list() == []
    assert store.disk.db.all("SELECT * FROM copies") == []


def test_who_links_from_a_snapshot_has_it_leased(store: Store) -> None:
    with store.lease() as lease:
        store.copies.remember("copy", "project", add_layer(store, {"a": b"1"}, lease).diff_id, CONTENTS)
        with store.lease() as mine:
            assert store.copies.previous("copy", "project", mine)
            with store.disk.db.write() as transaction:
                lease.drop(transaction)
            gc.collect(store)
            assert store.copies.previous("copy", "project", mine)
        gc.collect(store)
        assert store.copies.previous("copy", "project", lease) is None
