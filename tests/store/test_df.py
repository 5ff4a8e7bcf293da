from __future__ import annotations

import os
from pathlib import Path

from onggi.container.spec import ContainerSpec, Volume
from onggi.image import mutate, random
from onggi.layer.pack import pack
from onggi.oci import digest as digests
from onggi.oci.config import History
from onggi.solve.result import CacheEntry, LayerRef, Result
from onggi.store import df, gc
from onggi.store.arrivals import Arrivals
from onggi.store.df import Use
from onggi.store.store import Store
from onggi.store.volumes import new_row

from .far import Far, image_of
from .helpers import add_layer, name
from .test_usage import du


def row(report: df.Report, kind: str) -> Use:
    return next(row for row in report.rows if row.kind == kind)


def fill(store: Store) -> None:
    """Two images with a common base, one of them used; a dangling one; a container; a cached layer with hard links into
    an image's layer; a leftover in tmp; a download that was broken off."""
    base = random.image(1, files=30)
    store.images.put(base, [name("base")])
    store.images.put(mutate.append(base, mutate.Addition(History(), random.layer(7, size=200_000))), [name("app")])
    store.images.put(random.image(2, size=50_000))
    store.containers.add(ContainerSpec(image="base", image_id=store.images.get("base").id), "idle")
    for volume in ("unused", "used"):
        store.volumes.create(new_row(volume, {}, {}))
        Path(store.volumes.data(volume), "file").write_bytes(bytes(40_000))
    mounts = (Volume("used", "/data"),)
    made = store.containers.add(
        ContainerSpec(image="base", image_id=store.images.get("base").id, mounts=mounts), "busy"
    )
    (store.containers.home(made.id) / "upper/data").write_bytes(os.urandom(300_000))
    with store.lease() as lease:
        shared = Path(store.snapshots.path(store.images.get("app").refs[-1].diff_id))
        with store.temporary() as folder:
            root = folder / "root"
            root.mkdir(mode=0o755)
            for file in sorted((shared / "layer-7").iterdir()):
                os.link(file, root / file.name)
            (root / "own").write_bytes(os.urandom(20_000))
            packed = pack(str(root))
            ref = store.snapshots.add(root, LayerRef(packed.diff_id, packed.tree_digest, packed.size), lease)
        store.cache(lease).put(["key"], CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1))
        add_layer(store, {"nobody": os.urandom(10_000)}, lease)
    (store.root / "tmp" / "0123456789abcdef-1").mkdir()
    (store.root / "tmp" / "0123456789abcdef-1" / "half").write_bytes(bytes(70_000))
    with Arrivals(store.disk).open(digests.of(b"all of it")) as file:
        file.write_bytes(os.urandom(60_000))


def test_the_rows_add_up_to_du(store: Store) -> None:
    fill(store)
    report = df.measure(store, lambda row: False)
    assert abs(report.total - du(store.root)) <= du(store.root) // 100
    assert row(report, "images").count == 3
    assert row(report, "images").active == 1
    assert row(report, "images").note == "1 dangling"
    assert row(report, "volumes").size >= 80_000
    assert (row(report, "volumes").count, row(report, "volumes").active) == (2, 1)
    assert row(report, "volumes").note == "1 used by nothing"
    assert row(report, "other").size >= 80_000


def test_layers_of_several_images_count_once(store: Store) -> None:
    fill(store)
    report = df.measure(store, lambda row: False)
    base = [Path(store.snapshots.path(ref.diff_id)) for ref in store.images.get("base").refs]
    assert report.shared == sum(du(folder) for folder in base)


def test_hard_links_between_layers_count_once(store: Store) -> None:
    fill(store)
    cache = row(df.measure(store, lambda row: False), "build cache")
    assert 20_000 < cache.size < 40_000  # its own file, not the 800,000 bytes it shares with an image
    assert cache.reclaimable == cache.size


def test_what_could_be_freed_is_what_pruning_frees(store: Store) -> None:
    fill(store)
    gc.collect(store)  # what nothing names is not the person's to choose
    report = df.measure(store, lambda row: row.name == "busy")
    freed = sum(
        freed.bytes
        for freed in (
            gc.prune_volumes(store, named=True),
            gc.prune_containers(store, lambda row: row.name != "busy"),
            gc.prune_images(store, unused=True),
            gc.prune_cache(store),
        )
    )
    assert freed == report.reclaimable > 1_000_000
    after = df.measure(store, lambda row: row.name == "busy")
    assert after.reclaimable == 0
    assert row(after, "images").size == row(report, "images").size - row(report, "images").reclaimable > 0


def test_a_running_container_cannot_be_freed(store: Store) -> None:
    fill(store)
    report = df.measure(store, lambda row: True)
    assert row(report, "containers").active == 2
    assert row(report, "containers").reclaimable == 0
    assert row(report, "containers").size > 300_000


def test_a_download_that_goes_on_cannot_be_freed(store: Store) -> None:
    with Arrivals(store.disk).open(digests.of(b"all of it")) as file:
        file.write_bytes(os.urandom(60_000))
        other = row(df.measure(store, lambda row: False), "other")
        assert (other.reclaimable, other.size >= 60_000) == (0, True)
    assert row(df.measure(store, lambda row: False), "other").reclaimable >= 60_000


def test_a_blob_that_stands_for_another_is_of_the_image(store: Store) -> None:
    store.images.put(image_of(Far(5, size=20_000)), [name("a")])
    store.images.put(image_of(Far(5, size=20_000, kind="zstd")), [name("a")])
    gc.collect(store)
    report = df.measure(store, lambda row: False)
    assert row(report, "images").size >= 120_000, "the files, and the blob"
    assert row(report, "images").reclaimable == gc.prune_images(store, unused=True).bytes
