"""The build cache, piece by piece."""

from __future__ import annotations

import os
from pathlib import Path

from onggi.container.spec import ContainerSpec
from onggi.image import random
from onggi.solve.result import CacheEntry, LayerRef, Result
from onggi.store import gc
from onggi.store.cache_use import cached, chosen
from onggi.store.prune_filter import PruneFilter
from onggi.store.store import Store
from onggi.store.usage import Usage

from .helpers import add_layer, name


def entry(*layers: LayerRef, is_own: bool = True) -> CacheEntry:
    return CacheEntry(
        result=Result(layers, is_own),
        owned=(is_own,),
        seconds=1,
        created=5.0,
        detail="3 files",
        text="COPY <<a <<b /\n",
    )


def test_a_layer_comes_once_and_what_made_none_not_at_all(store: Store) -> None:
    with store.lease() as lease:
        lower, upper = (add_layer(store, {"file": os.urandom(20_000 * size)}, lease) for size in (1, 2))
        cache = store.cache(lease)
        cache.put(["lower"], entry(lower))
        cache.put(["definition", "content"], entry(lower, upper))
        cache.put(["workdir"], entry(lower, upper, is_own=False))
    found = {use.id: use for use in cached(store)}
    sizes = {layer: Usage().add(store.snapshots.path(layer.diff_id)) for layer in (lower, upper)}
    assert {key: use.size for key, use in found.items()} == {"lower": sizes[lower], "content": sizes[upper]}
    assert chosen(store, lambda use: use.size == 0) == {"lower", "definition", "content", "workdir"}
    assert chosen(store, lambda use: use.id == "content") == {"definition", "content"}
    assert gc.prune_cache(store, among={"workdir"}).removed == (gc.Removed("deleted", "workdir"),)
    use = found["lower"]
    assert (use.kind, use.description, use.created, use.is_shared) == ("regular", "COPY <<a <<b /: 3 files", 5.0, False)
    assert use.used > 5.0
    assert gc.prune_cache(store).bytes == sum(sizes.values())
    assert cached(store) == []


def test_what_an_image_has_too_is_the_images(store: Store) -> None:
    store.images.put(random.image(1), [name("app")])
    layer = store.images.get("app").refs[0]
    with store.lease() as lease:
        here = LayerRef(layer.diff_id, layer.tree_digest, layer.size)
        store.cache(lease).put(["key"], entry(here))
        store.cache(lease).put(["nothing"], entry(here, is_own=False))
    (use,) = cached(store)
    assert (use.is_shared, use.size) == (True, layer.size)
    assert chosen(store, lambda use: use.is_shared) == {"key", "nothing"}
    store.containers.add(ContainerSpec(image="app", image_id=store.images.get("app").id), "web")
    assert cached(store) == [use]


def test_cache_mounts(store: Store) -> None:
    with store.kept_folders.use("npm", "npm-cache", "shared") as folder:
        Path(folder, "file").write_bytes(bytes(50_000))
    (use,) = cached(store)
    assert (use.id, use.kind, use.description) == ("npm", "exec.cachemount", "cache mount npm-cache")
    assert use.size >= 50_000


def test_what_clients_have_sent_of_their_folders(store: Store) -> None:
    with store.kept_folders.use("app", "app", "private", kind="source.local") as folder:
        Path(folder, "file").write_bytes(bytes(50_000))
    (use,) = cached(store)
    assert (use.id, use.kind, use.description) == ("app", "source.local", "local source for app")
    assert gc.prune_cache(store, only=PruneFilter(types=("exec.cachemount",))).removed == ()
    assert gc.prune_cache(store, only=PruneFilter(types=("source.local",))).removed == (gc.Removed("deleted", "app"),)
