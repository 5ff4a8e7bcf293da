"""What the store remembers for pushes: hints, which may be wrong, and go when they are of no use."""

from __future__ import annotations

import time

import pytest

from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.store import gc, sightings
from onggi.store.store import Store

from .helpers import add_layer

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def test_a_layer_is_remembered_for_each_way_of_squeezing_it(store: Store) -> None:
    with store.lease() as lease:
        layer = add_layer(store, {"a": b"1"}, lease).diff_id
        known = Descriptor(mediatype.OCI_LAYER_GZIP, ONE, 7)
        store.squeezed.put(layer, "gzip", None, known)
        assert store.squeezed.get(layer, "gzip", None) == known
        assert store.squeezed.get(layer, "gzip", 2) is None
        assert store.squeezed.get(layer, "zstd", None) is None
        store.squeezed.put(layer, "zstd", 19, Descriptor(mediatype.OCI_LAYER_ZSTD, TWO, 5))
        assert store.squeezed.get(layer, "zstd", 19) == Descriptor(mediatype.OCI_LAYER_ZSTD, TWO, 5)
        assert store.squeezed.get(layer, "gzip", None) == known


def test_what_it_was_last_counts(store: Store) -> None:
    with store.lease() as lease:
        layer = add_layer(store, {"a": b"1"}, lease).diff_id
        for digest in (ONE, TWO):
            store.squeezed.put(layer, "gzip", None, Descriptor(mediatype.OCI_LAYER_GZIP, digest, 7))
        found = store.squeezed.get(layer, "gzip", None)
    assert found is not None and found.digest == TWO


def test_it_is_forgotten_with_the_layer(store: Store) -> None:
    with store.lease() as lease:
        layer = add_layer(store, {"a": b"1"}, lease).diff_id
        store.squeezed.put(layer, "gzip", None, Descriptor(mediatype.OCI_LAYER_GZIP, ONE, 7))
    gc.collect(store)
    assert store.squeezed.get(layer, "gzip", None) is None
    store.squeezed.put(layer, "gzip", None, Descriptor(mediatype.OCI_LAYER_GZIP, ONE, 7))
    assert store.squeezed.get(layer, "gzip", None) is None, "of a layer that is not here nothing is remembered"


def test_a_blob_is_known_where_it_was_seen_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for number, repository in enumerate(("a", "b", "c")):
        monkeypatch.setattr(time, "time", lambda number=number: now + number)
        store.sightings.add("host", repository, [ONE])
    assert store.sightings.elsewhere("host", ONE, "x") == "c"
    assert store.sightings.elsewhere("host", ONE, "c") == "b", "not where it is to go"
    assert store.sightings.elsewhere("other", ONE, "x") == ""
    assert store.sightings.elsewhere("host", TWO, "x") == ""


def test_sightings_lapse(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.sightings.add("host", "a", [ONE])
    later = time.time() + sightings.KEPT_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    store.sightings.add("host", "b", [TWO])
    assert store.sightings.elsewhere("host", ONE, "x") == ""
    assert store.sightings.elsewhere("host", TWO, "x") == "b"
