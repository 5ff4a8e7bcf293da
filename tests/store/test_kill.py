"""SIGKILL at any instant: what is left is clean or is mended, and nothing that was named is lost."""

from __future__ import annotations

import random as chance
import time
from functools import partial
from pathlib import Path

import pytest

from onggi.container.spec import ContainerSpec
from onggi.image import random, validate
from onggi.solve.result import CacheEntry, Result
from onggi.store import fsck, gc
from onggi.store.store import Store

from .helpers import add_layer, in_child, kill, name
from .test_images import squeezed_image

INSTANTS = 30


def churn(root: Path, seed: int) -> None:
    with Store(root) as store, store.lease() as lease:
        turn = seed
        while True:
            turn += 1
            store.images.put(squeezed_image(turn % 3), [name("moving"), name(f"image:{turn % 3}")])
            store.images.put(random.image(turn % 5, files=12), [name("moving")])
            ref = add_layer(store, {"f": b"%d" % turn}, lease)
            entry = CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1)
            store.cache(lease).put([f"key {turn}"], entry)
            record = store.records.begin("/src", "Dockerfile", "", started=float(turn))
            store.records.finish(record)
            made = store.containers.add(ContainerSpec(image="moving", image_id=store.images.get("moving").id))
            store.containers.remove(made.id)
            gc.prune_images(store, unused=turn % 2 == 0)
            gc.prune_cache(store, 100_000)


def test_a_store_survives_kills(tmp_path: Path) -> None:
    root = tmp_path / "store"
    with Store(root) as store:
        store.images.put(squeezed_image(9), [name("precious")])
        image = store.images.get("precious").id
        store.containers.add(ContainerSpec(image="precious", image_id=image), "kept")
    source = chance.Random(20)
    for instant in range(INSTANTS):
        pid = in_child(partial(churn, root, instant))
        time.sleep(source.uniform(0.002, 0.08))
        kill(pid)
        with Store(root) as store:
            if instant % 2:  # every other time without mending
                fsck.check(store, repair=True)
                assert fsck.check(store, deep=True) == []
                assert list((root / "tmp").iterdir()) == []
            validate.image(store.images.get("precious"))
            assert store.containers.home(store.containers.get("kept").id).is_dir()
            for stored in store.images.list():
                validate.documents(stored)
                assert all(Path(store.snapshots.path(ref.diff_id)).is_dir() for ref in stored.refs)


@pytest.mark.parametrize("seed", range(6))
def test_making_a_store_survives_kills(tmp_path: Path, seed: int) -> None:
    def make() -> None:
        with Store(tmp_path / "store") as store:
            store.images.put(random.image(1), [name("a")])
            time.sleep(60)

    pid = in_child(make)
    time.sleep(0.002 * seed)
    kill(pid)
    with Store(tmp_path / "store") as store:
        store.images.put(random.image(1), [name("a")])
        fsck.check(store, repair=True)
        assert fsck.check(store, deep=True) == []
