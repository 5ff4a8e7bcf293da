from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from onggi.container.spec import ContainerSpec
from onggi.image import mutate, random, validate
from onggi.layer import removal
from onggi.oci.config import History
from onggi.solve.result import CacheEntry, Result
from onggi.store import fsck
from onggi.store.store import Store
from onggi.store.volumes import new_row

from .helpers import add_layer, name
from .test_images import squeezed_image


@pytest.fixture
def full(store: Store) -> Store:
    """A store with one of everything, and nothing wrong."""
    store.images.put(squeezed_image(1), [name("squeezed")])
    store.images.put(random.image(2), [name("plain")])
    store.containers.add(ContainerSpec(image="plain", image_id=store.images.get("plain").id), "web")
    with store.lease() as lease:
        ref = add_layer(store, {"f": b"cached"}, lease)
        store.cache(lease).put(["key"], CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1))
    store.records.begin("/src", "Dockerfile", "", started=1.0)
    for volume in ("data", "empty"):
        store.volumes.create(new_row(volume, {}, {}))
    Path(store.volumes.data("data"), "file").write_text("precious")
    assert fsck.check(store, deep=True) == []
    return store


def first(path: Path) -> Path:
    return sorted(path.iterdir())[0]


def snapshot_of(store: Store, image: str) -> Path:
    return Path(store.snapshots.path(store.images.get(image).refs[0].diff_id))


def cached(store: Store) -> Path:
    (diff_id,) = store.disk.db.one("SELECT diff_id FROM cache_layers")
    return Path(store.snapshots.path(diff_id))


def add_lease(store: Store) -> None:
    with store.disk.db.write() as transaction:
        transaction.execute("INSERT INTO leases VALUES ('dead', 1, 'blob', 'sha256:x')")


def forget_volumes(store: Store) -> None:
    with store.disk.db.write() as transaction:
        transaction.execute("DELETE FROM volumes WHERE name = 'data'")


def leave_draft(store: Store) -> None:
    (store.root / "volumes/empty/.onggi-0123/tree").mkdir(parents=True)
    (store.root / "volumes/empty/.onggi-0123").chmod(0o700)


def remove_index(store: Store) -> None:
    (store.root / "index.json").write_text("{}")


def blob_of(store: Store) -> Path:
    return Path(store.blobs.path(store.images.get("squeezed").manifest().layers[0].digest))


def damage_state(store: Store) -> None:
    (first(store.root / "containers") / "state.json").write_bytes(bytes(80))


DAMAGES: dict[str, tuple[str, Callable[[Store], object]]] = {
    "leftover in tmp": ("temporary", lambda store: (store.root / "tmp/0123-4").mkdir()),
    "file in tmp": ("temporary", lambda store: (store.root / "tmp/0123-index.json").write_text("x")),
    "session of a dead process": ("session", lambda store: (store.root / "locks/session-dead").touch()),
    "lock of a dead process": ("lock", lambda store: (store.root / "locks/key-dead").touch()),
    "lease of a dead process": ("lease", add_lease),
    "snapshot without row": ("layer", lambda store: (store.root / "snapshots" / ("0" * 64)).mkdir()),
    "row without snapshot, blob there": ("layer", lambda store: removal.remove(str(snapshot_of(store, "squeezed")))),
    "row without snapshot, only cached": ("layer", lambda store: removal.remove(str(cached(store)))),
    "blob without row": ("blob", lambda store: (store.root / "blobs/sha256" / ("0" * 64)).write_text("half")),
    "container folder without row": ("container", lambda store: (store.root / "containers" / ("0" * 64)).mkdir()),
    "container row without folder": ("container", lambda store: removal.remove(str(first(store.root / "containers")))),
    "volume folder without row": ("volume", forget_volumes),
    "empty volume folder without row": (
        "volume",
        lambda store: (store.root / "volumes/half/_data").mkdir(parents=True),
    ),
    "volume row without folder": ("volume", lambda store: removal.remove(str(store.root / "volumes/empty"))),
    "volume that was about to be filled": ("volume", leave_draft),
    "container whose state is damaged": ("container", damage_state),
    "logs without row": ("build", lambda store: (store.root / "builds/0123").mkdir()),
    "row without logs": ("build", lambda store: removal.remove(str(first(store.root / "builds")))),
    "index behind": ("layout", remove_index),
    "no index": ("layout", lambda store: (store.root / "index.json").unlink()),
    "no layout file": ("layout", lambda store: (store.root / "oci-layout").unlink()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_a_crash_can_leave_is_found_and_mended(full: Store, damage: str) -> None:
    kind, make = DAMAGES[damage]
    make(full)
    found = fsck.check(full)
    assert [finding.kind for finding in found] == [kind]
    assert not found[0].is_repaired
    assert fsck.check(full) == found  # looking changes nothing
    mended = fsck.check(full, repair=True)
    assert [(finding.kind, finding.is_repaired) for finding in mended] == [(kind, True)]
    assert fsck.check(full, deep=True) == []
    validate.image(full.images.get("squeezed"))
    validate.image(full.images.get("plain"))
    assert full.containers.get("web")
    assert Path(full.volumes.data("data"), "file").read_text() == "precious"
    assert full.volumes.get("data")
    assert os.listdir(full.root / "tmp") == []


def test_what_is_no_volume_is_told_and_left(full: Store) -> None:
    for path in ("volumes/notes.txt", "volumes/.hidden/_data/file", "volumes/other/file"):
        (full.root / path).parent.mkdir(parents=True, exist_ok=True)
        (full.root / path).write_text("mine")
    for found in (fsck.check(full), fsck.check(full, repair=True)):
        assert [(finding.subject, finding.can_repair) for finding in found] == [
            (".hidden", False),
            ("notes.txt", False),
            ("other", False),
        ]
    assert (full.root / "volumes/.hidden/_data/file").read_text() == "mine"


def test_leases_are_counted(full: Store) -> None:
    add_lease(full)
    assert [finding.sentence for finding in fsck.check(full)] == [
        "an onggi command was cut short: a note of what it used is left"
    ]
    with full.disk.db.write() as transaction:
        transaction.execute("INSERT INTO leases VALUES ('dead', 2, 'blob', 'sha256:x')")
    assert [finding.sentence for finding in fsck.check(full)] == [
        "an onggi command was cut short: 2 notes of what it used are left"
    ]


def test_a_folder_that_was_removed_is_made_again(full: Store) -> None:
    for folder in ("tmp", "builds"):
        removal.remove(str(full.root / folder))
    assert [finding.kind for finding in fsck.check(full)] == ["folder", "folder"]
    assert [finding.kind for finding in fsck.check(full, repair=True)] == ["folder", "folder", "build"]
    assert fsck.check(full, deep=True) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_can_be_used_without_mending(full: Store, damage: str) -> None:
    DAMAGES[damage][1](full)
    full.images.put(random.image(5), [name("new")])
    with full.lease() as lease:
        ref = add_layer(full, {"f": b"cached"}, lease)
        assert os.listdir(full.snapshots.path(ref.diff_id)) == ["f"]
    made = full.containers.add(ContainerSpec(image="new", image_id=full.images.get("new").id))
    full.containers.remove(made.id)
    full.images.remove(full.images.get("new").id)


def test_a_layer_that_is_lost_for_good_is_told(full: Store) -> None:
    with full.lease() as lease:
        ref = add_layer(full, {"f": b"built here"}, lease)
        image = mutate.append(random.image(2), mutate.Addition(History(), full.snapshots.layer(ref.diff_id)))
        full.images.put(image, [name("built")], lease)
    removal.remove(full.snapshots.path(ref.diff_id))
    for _ in range(2):
        (finding,) = fsck.check(full, repair=True)
        assert (finding.kind, finding.subject, finding.is_repaired) == ("layer", ref.diff_id, False)
        assert finding.sentence.endswith("is gone, which is part of built:latest")
        assert (finding.can_repair, finding.hint) == (False, "build or load again what it is part of")
    assert full.images.get("built")  # it is still named: building it again mends it
    with full.lease() as lease:
        add_layer(full, {"f": b"built here"}, lease)
    assert fsck.check(full) == []


def test_changed_bytes_are_found_by_reading_them(full: Store) -> None:
    victim = snapshot_of(full, "squeezed")
    file = first(first(victim))
    file.write_bytes(b"changed")
    assert fsck.check(full) == []
    assert [finding.kind for finding in fsck.check(full, deep=True)] == ["layer"]
    assert [finding.is_repaired for finding in fsck.check(full, deep=True, repair=True)] == [True]
    assert fsck.check(full, deep=True) == []
    assert first(first(victim)).stat().st_size == 1000


def test_a_changed_cached_layer_is_forgotten(full: Store) -> None:
    (cached(full) / "f").write_bytes(b"changed")
    assert [finding.is_repaired for finding in fsck.check(full, deep=True, repair=True)] == [True]
    assert fsck.check(full, deep=True) == []
    assert full.disk.db.all("SELECT key FROM cache") == []


def test_a_changed_blob_leaves_an_image_that_runs_and_says_so(full: Store) -> None:
    blob_of(full).write_bytes(b"x" * blob_of(full).stat().st_size)
    kinds = [(finding.kind, finding.is_repaired) for finding in fsck.check(full, deep=True, repair=True)]
    assert kinds == [("blob", True), ("image", False), ("layout", True)]
    assert fsck.check(full)[0].hint == "load it again from the archive that it came from"
    full.images.put(squeezed_image(1))
    assert fsck.check(full, deep=True) == []
    validate.image(full.images.get("squeezed"))


def test_a_changed_blob_names_the_images_that_need_it(full: Store) -> None:
    blob_of(full).write_bytes(b"x" * blob_of(full).stat().st_size)
    (finding,) = fsck.check(full, deep=True)
    assert finding.sentence.endswith("were changed: without it squeezed:latest can run, but not be saved")
    assert "load the image again" in finding.hint


def test_a_changed_layer_that_no_blob_has_names_who_uses_it(full: Store) -> None:
    with full.lease() as lease:
        ref = add_layer(full, {"f": b"built here"}, lease)
        full.cache(lease).put(["built"], CacheEntry(result=Result((ref,), is_own=True), owned=(True,), seconds=1))
        base = full.images.get("plain")
        image = mutate.append(base, mutate.Addition(History(), full.snapshots.layer(ref.diff_id)))
        image_id = full.images.put(image, [name("built"), name("also")], lease)
    full.containers.add(ContainerSpec(image="built", image_id=image_id), "app")
    (Path(full.snapshots.path(ref.diff_id)) / "f").write_bytes(b"changed")
    looked = fsck.check(full, deep=True)
    having = "also:latest, built:latest, container app"
    assert [finding.sentence for finding in looked] == [
        f"the files of layer {ref.diff_id} were changed, which is part of {having}"
    ]
    assert looked[0].hint == f"remove {having}, then build or load again"
    assert not looked[0].can_repair
    assert fsck.check(full, deep=True, repair=True) == looked
    full.containers.remove(full.containers.get("app").id)
    full.images.remove(image_id)
    assert [finding.is_repaired for finding in fsck.check(full, deep=True, repair=True)] == [True]
    assert fsck.check(full, deep=True) == []


def test_a_blob_cut_short_is_found_without_reading_it(full: Store) -> None:
    blob_of(full).write_bytes(b"x")
    assert [finding.kind for finding in fsck.check(full)] == ["blob"]


def test_what_living_processes_hold_is_no_finding(full: Store) -> None:
    with full.lease() as lease, full.temporary() as folder, full.lock("key"):
        (folder / "half").touch()
        add_layer(full, {"f": b"new"}, lease)
        with Store(full.root) as other:
            assert fsck.check(other, repair=True) == []
        assert (folder / "half").exists()


def test_documents_that_were_changed_are_told(full: Store) -> None:
    connection = sqlite3.connect(full.root / "onggi.db", isolation_level=None)
    connection.execute(
        "UPDATE images SET config = CAST(config || ' ' AS BLOB) WHERE id = ?", (full.images.get("plain").id,)
    )
    connection.close()
    assert [finding.kind for finding in fsck.check(full)] == ["image"]
