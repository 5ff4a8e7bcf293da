from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.container.spec import ContainerSpec
from onggi.errors import Conflict, NotFound
from onggi.image import mutate, random
from onggi.layer.pack import pack
from onggi.solve.result import CacheEntry, LayerRef, Result
from onggi.store import fsck, gc
from onggi.store.gc import Item, Removed
from onggi.store.prune_filter import PruneFilter
from onggi.store.store import Store

from .helpers import add_layer, exit_code, in_child, kill, name
from .test_usage import du


def untagged(text: str) -> Removed:
    return Removed("untagged", text)


def remember(store: Store, key: str, files: dict[str, bytes]) -> LayerRef:
    with store.lease() as lease:
        ref = add_layer(store, files, lease)
        store.cache(lease).put([key], CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1))
    return ref


def container(store: Store, image: str) -> str:
    return store.containers.add(ContainerSpec(image=image, image_id=store.images.get(image).id)).id


def test_nothing_that_is_named_is_collected(store: Store) -> None:
    store.images.put(random.image(1), [name("a")])
    store.images.put(random.image(2))
    remember(store, "key", {"f": b"1"})
    assert gc.collect(store) == 0
    assert len(store.snapshots.list()) == 5


def test_collecting_frees_what_it_says(store: Store) -> None:
    with store.lease() as lease:
        ref = add_layer(store, {"big": bytes(1 << 20)}, lease)
        assert gc.collect(store) == 0
    assert (1 << 20) < gc.collect(store) < (1 << 20) + 20_000
    assert store.snapshots.get(ref.diff_id) is None
    assert os.listdir(store.root / "tmp") == []


def test_leases_of_a_living_process_hold_and_of_a_dead_one_do_not(store: Store, tmp_path: Path) -> None:
    reader, writer = os.pipe()

    def work() -> None:
        with Store(tmp_path / "store") as mine, mine.lease() as lease, mine.temporary() as folder:
            (folder / "half").write_text("done")
            ref = add_layer(mine, {"f": b"leased"}, lease)
            os.write(writer, ref.diff_id.encode())
            os.read(os.pipe()[0], 1)

    pid = in_child(work)
    diff_id = os.read(reader, 100).decode()
    gc.collect(store)
    assert store.snapshots.get(diff_id) is not None
    assert len(os.listdir(store.root / "tmp")) == 1
    kill(pid)
    assert gc.collect(store) > 0
    assert store.snapshots.get(diff_id) is None
    assert os.listdir(store.root / "tmp") == []
    assert fsck.check(store) == []


def test_prune_removes_dangling_images_only(store: Store) -> None:
    old = store.images.put(random.image(1), [name("a")])
    store.images.put(random.image(2), [name("a")])
    freed = gc.prune_images(store)
    assert freed.removed == (Removed("deleted", old),)
    assert freed.bytes > 8000
    assert [image.references for image in store.images.list()] == [(name("a"),)]


def test_prune_of_unused_images_leaves_those_with_containers(store: Store) -> None:
    store.images.put(random.image(1), [name("used")])
    made = store.images.put(random.image(2), [name("unused")])
    container(store, "used")
    assert gc.prune_images(store, unused=True).removed == (untagged("unused:latest"), Removed("deleted", made))
    assert len(store.images.list()) == 1


def test_prune_of_containers_leaves_the_running(store: Store) -> None:
    store.images.put(random.image(1), [name("a")])
    running, stopped = container(store, "a"), container(store, "a")
    freed = gc.prune_containers(store, lambda row: row.id != running)
    assert freed.removed == (Removed("deleted", stopped),)
    assert [row.id for row in store.containers.list()] == [running]
    assert fsck.check(store) == []


def test_a_filter_keeps_images_containers_and_cache(store: Store) -> None:
    def image(seed: int, created: str, **labels: str) -> str:
        made = mutate.document(random.image(seed), created=created)
        return store.images.put(mutate.config(made, msgspec.structs.replace(made.config().config, labels=labels)))

    old, new = image(1, "2020-01-01T00:00:00Z", kind="old"), image(2, "2021-01-01T00:00:00Z")
    assert gc.prune_images(store, PruneFilter(until=1_580_000_000)).removed == (Removed("deleted", old),)
    assert gc.prune_images(store, PruneFilter(labels=("kind",))).removed == ()
    kept = store.containers.add(ContainerSpec(image="x", image_id=new, labels={"keep": ""})).id
    gone = store.containers.add(ContainerSpec(image="x", image_id=new)).id
    assert gc.prune_containers(store, lambda row: True, PruneFilter(until=1.0)).removed == ()
    pruned = gc.prune_containers(store, lambda row: True, PruneFilter(without=("keep",)))
    assert pruned.removed == (Removed("deleted", gone),)
    assert [row.id for row in store.containers.list()] == [kept]
    remember(store, "key", {"f": b"1"})
    assert gc.prune_cache(store, only=PruneFilter(until=time.time() - 60)).removed == ()
    assert gc.prune_cache(store, only=PruneFilter(labels=("kind",))).removed == ()
    assert gc.prune_cache(store, only=PruneFilter(until=time.time() + 60)).removed == (Removed("deleted", "key"),)


def test_prune_of_the_cache_keeps_layers_that_images_have(store: Store) -> None:
    remember(store, "one", {"f": b"1"})
    freed = gc.prune_cache(store)
    assert freed.removed == (Removed("deleted", "one"),)
    assert store.snapshots.list() == []


def test_the_cap_is_a_cap(store: Store) -> None:
    for number in range(6):
        remember(store, f"key {number}", {"f": os.urandom(100_000)})
    with store.lease() as lease:
        store.cache(lease).get("key 0")  # used again: now the newest
    gc.prune_cache(store, 350_000)
    with store.lease() as lease:
        kept = [number for number in range(6) if store.cache(lease).get(f"key {number}")]
    assert kept == [0, 4, 5]
    assert len(store.snapshots.list()) == 3
    assert fsck.check(store, deep=True) == []


def test_the_cap_counts_logs(store: Store) -> None:
    for number in range(3):
        record = store.records.begin("/context", "Dockerfile", "", started=float(number))
        with store.records.log(record.id, 1) as log:
            log.write(bytes(50_000))
        store.records.finish(record)
    unfinished = store.records.begin("/context", "Dockerfile", "", started=9.0)
    for record in store.records.list():
        if record.id != unfinished.id:
            store.records.finish(msgspec.structs.replace(record, outcome="built"))
    gc.prune_cache(store, 130_000)
    assert [record.started for record in store.records.list()] == [9.0, 2.0, 1.0]
    gc.prune_cache(store)
    assert [record.id for record in store.records.list()] == [unfinished.id]
    assert fsck.check(store) == []


def test_a_cache_that_fits_is_left_alone_without_a_look_at_the_disk(store: Store) -> None:
    refs = [remember(store, f"key {number}", {"f": os.urandom(100_000)}) for number in range(3)]
    record = store.records.begin("/context", "Dockerfile", "", started=1.0)
    with store.records.log(record.id, 1) as log:
        log.write(bytes(50_000))
    store.records.finish(msgspec.structs.replace(record, outcome="built"))
    for ref in refs:
        os.rename(store.snapshots.path(ref.diff_id), store.snapshots.path(ref.diff_id) + "away")
    assert gc.cap_cache(store, 400_000).removed == ()
    for ref in refs:
        os.rename(store.snapshots.path(ref.diff_id) + "away", store.snapshots.path(ref.diff_id))
    assert gc.cap_cache(store, 350_000).removed != ()
    assert du(store.root / "snapshots") + du(store.root / "builds") < 350_000


def test_a_cache_over_its_cap_is_brought_a_tenth_below(store: Store) -> None:
    for number in range(20):
        remember(store, f"key {number}", {"f": bytes([number]) * 100_000})
    gc.cap_cache(store, 1_050_000)
    assert 850_000 < du(store.root / "snapshots") <= 945_000
    assert gc.cap_cache(store, 1_050_000).removed == ()


def test_layers_of_images_count_nothing_against_the_cap(store: Store) -> None:
    store.images.put(random.image(1, size=200_000), [name("a")])
    remember(store, "key", {"f": bytes(100_000)})
    assert gc.cap_cache(store, 150_000).removed == ()
    assert gc.cap_cache(store, 50_000).removed == (Removed("deleted", "key"),)


def versions(store: Store, count: int) -> list[LayerRef]:
    """Layers that share one file of 100,000 bytes, each with a file of its own of 10,000."""
    refs: list[LayerRef] = []
    for number in range(count):
        with store.lease() as lease, store.temporary() as folder:
            (folder / "layer").mkdir()
            if refs:
                os.link(f"{store.snapshots.path(refs[-1].diff_id)}/shared", folder / "layer/shared")
            else:
                (folder / "layer/shared").write_bytes(os.urandom(100_000))
            (folder / "layer/own").write_bytes(os.urandom(10_000))
            packed = pack(str(folder / "layer"))
            ref = store.snapshots.add(
                folder / "layer", LayerRef(packed.diff_id, packed.tree_digest, packed.size), lease
            )
            entry = CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1)
            store.cache(lease).put([f"version {number}"], entry)
            refs.append(ref)
    return refs


def test_files_that_layers_share_count_once_against_the_cap(store: Store) -> None:
    versions(store, 8)
    assert gc.cap_cache(store, 300_000).removed == ()
    freed = gc.cap_cache(store, 200_000)
    assert 0 < len(freed.removed) < 7
    assert freed.bytes < 100_000
    used = du(store.root / "snapshots")
    assert 100_000 < used < 180_000
    # What went had been charged with the shared file; now those are that stay.
    assert gc.cap_cache(store, used + 5_000).removed == ()
    assert gc.cap_cache(store, used - 10_000).removed != ()
    assert fsck.check(store, deep=True) == []


def test_layers_of_a_store_from_before_are_measured_once(store: Store) -> None:
    remember(store, "key", {"f": bytes(100_000)})
    with store.disk.db.write() as transaction:
        transaction.execute("UPDATE snapshots SET disk = NULL")
    assert gc.cap_cache(store, 150_000).removed == ()
    assert store.disk.db.one("SELECT disk FROM snapshots")[0] > 100_000


@given(
    st.lists(st.tuples(st.integers(0, 50), st.frozensets(st.sampled_from("abcdef"))), max_size=12),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 100)),
    st.integers(0, 300),
)
def test_what_is_kept_fits_and_is_newest(
    made: list[tuple[int, frozenset[str]]], sizes: dict[str, int], cap: int
) -> None:
    items = [Item(str(number), used, parts) for number, (used, parts) in enumerate(made)]
    kept = gc.keep_newest(items, sizes, cap)
    parts = frozenset().union(*(item.parts for item in items if item.key in kept))
    assert sum(sizes.get(part, 0) for part in parts) <= cap
    oldest = min((item.used for item in items if item.key in kept), default=None)
    if oldest is not None:
        assert all(item.key in kept for item in items if item.used > oldest)


def test_a_name_is_taken_away_before_the_image(store: Store) -> None:
    made = store.images.put(random.image(1), [name("a:1"), name("a:2")])
    assert gc.remove_image(store, "a:1").removed == (untagged("a:1"),)
    assert gc.remove_image(store, "docker.io/library/a:2").removed == (untagged("a:2"), Removed("deleted", made))
    with pytest.raises(NotFound):
        gc.remove_image(store, "a:2")
    assert store.snapshots.list() == []


def test_an_id_of_several_names_needs_force(store: Store) -> None:
    made = store.images.put(random.image(1), [name("a:1"), name("b:2")])
    with pytest.raises(Conflict, match=r"must be forced.*multiple repositories"):
        gc.remove_image(store, made[7:19])
    removed = gc.remove_image(store, made[7:19], force=True).removed
    assert removed == (untagged("a:1"), untagged("b:2"), Removed("deleted", made))


def test_an_id_and_a_digest_of_one_name_need_no_force(store: Store) -> None:
    made = store.images.put(random.image(1), [name("a")])
    assert gc.remove_image(store, made).removed == (untagged("a:latest"), Removed("deleted", made))
    made = store.images.put(random.image(1), [name("a")])
    digest = store.images.get("a").digest
    assert gc.remove_image(store, f"a@{digest}").removed == (untagged("a:latest"), Removed("deleted", made))


def test_an_image_with_a_stopped_container_needs_force_and_the_container_keeps_its_layers(store: Store) -> None:
    store.images.put(random.image(1), [name("a")])
    made = container(store, "a")
    with pytest.raises(
        Conflict, match=rf'repository reference "a" \(must force\) - container {made[:12]} is using its'
    ):
        gc.remove_image(store, "a")
    with pytest.raises(Conflict, match=rf"\(must be forced\) - image is being used by stopped container {made[:12]}"):
        gc.remove_image(store, store.images.get("a").id)
    gc.remove_image(store, "a", force=True)
    row = store.containers.get(made)
    assert all(os.path.isdir(store.snapshots.path(layer)) for layer in row.layers)
    assert fsck.check(store, deep=True) == []
    store.containers.remove(made)
    gc.collect(store)
    assert store.snapshots.list() == []


def test_an_image_with_a_running_container_stays(store: Store) -> None:
    made = store.images.put(random.image(1), [name("a")])
    container(store, "a")
    for force in (False, True):
        with pytest.raises(Conflict, match=r"cannot be forced.*running container"):
            gc.remove_image(store, made, force=force, is_running=lambda row: True)
    with pytest.raises(Conflict, match="must force"):
        gc.remove_image(store, "a", is_running=lambda row: True)
    assert gc.remove_image(store, "a", force=True, is_running=lambda row: True).removed == (untagged("a:latest"),)
    assert store.images.get(made).references == ()


def test_many_processes_put_tag_and_prune_at_once(store: Store, tmp_path: Path) -> None:
    store.images.put(random.image(0), [name("kept")])

    def work(number: int) -> None:
        with Store(tmp_path / "store") as mine:
            for turn in range(8):
                seed = (number + turn) % 5
                mine.images.put(random.image(seed), [name(f"image:{seed}"), name("latest")])
                with mine.lease() as lease:
                    ref = add_layer(mine, {"f": b"%d" % seed}, lease)
                    cache = mine.cache(lease)
                    cache.put([f"key {seed}"], CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1))
                    entry = cache.get(f"key {turn}")
                    gc.prune_cache(mine)
                    for layer in entry.result.layers if entry else ():
                        assert os.listdir(mine.snapshots.path(layer.diff_id)) == ["f"]
                try:
                    found = mine.containers.add(ContainerSpec(image="latest", image_id=mine.images.get("latest").id))
                    assert all(os.path.isdir(mine.snapshots.path(layer)) for layer in found.layers)
                    mine.containers.remove(found.id)
                except NotFound:
                    pass  # another process pruned it
                gc.prune_images(mine, unused=turn % 4 == 3)
                mine.images.put(random.image(0), [name("kept")])

    pids = [in_child(lambda number=number: work(number)) for number in range(5)]  # type: ignore[misc]
    assert [exit_code(pid) for pid in pids] == [0] * 5
    assert fsck.check(store, deep=True) == []
    assert store.images.get("kept").references == (name("kept"),)
