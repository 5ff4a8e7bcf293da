"""Repositories that are served: what collecting, checking and measuring the store make of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.errors import Conflict, Invalid
from onggi.image import random
from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.oci.mediatype import OCI_MANIFEST
from onggi.oci.reference import parse
from onggi.store import df, fsck, gc
from onggi.store.disk import Disk
from onggi.store.served.contents import UNNAMED_SECONDS, Incomplete, Member, NewManifest, Served, forget_unnamed
from onggi.store.store import Store

REPO, OTHER = "team/app", "team/other"


def push(store: Store, data: bytes, repository: str = REPO) -> Digest:
    draft = store.served.draft()
    draft.append(data)
    return store.served.take(repository, draft)


def manifest(*members: tuple[Digest, int], word: str = "") -> NewManifest:
    named = tuple(Member(digest, size) for digest, size in members)
    return NewManifest(raw=f"manifest {word} {members}".encode(), media_type=OCI_MANIFEST, members=named)


def forget_as_of(store: Store, seconds_later: float) -> None:
    """Collect as in some time."""
    with store.disk.db.write() as transaction:
        (now,) = transaction.execute("SELECT max(since) FROM served_blobs").fetchone()
        forget_unnamed(transaction, now + seconds_later)
    gc.collect(store)


def files(store: Store) -> set[Digest]:
    return {f"sha256:{name}" for name in os.listdir(store.root / "blobs" / "sha256")}


def test_what_a_manifest_names_is_kept(store: Store) -> None:
    layer = push(store, b"layer")
    digest = store.served.put_manifest(REPO, manifest((layer, 5)), ["1"])
    forget_as_of(store, 2 * UNNAMED_SECONDS)
    assert files(store) == {layer, digest}
    assert store.served.untag(REPO, "1")
    forget_as_of(store, 2 * UNNAMED_SECONDS)
    assert files(store) == {layer, digest}  # by digest it is still asked for


def test_a_blob_without_a_manifest_stays_for_a_day(store: Store) -> None:
    layer = push(store, b"layer")
    forget_as_of(store, UNNAMED_SECONDS - 1)
    assert files(store) == {layer}
    forget_as_of(store, UNNAMED_SECONDS + 1)
    assert files(store) == set()
    assert not store.served.has_repository(REPO)


def test_what_a_deleted_manifest_named_stays_for_a_day_from_then(tmp_path: Path) -> None:
    now = 1000.0
    with Store(tmp_path / "store") as store:
        served = Served(store.disk, store.blobs, lambda: now)
        draft = served.draft()
        draft.append(b"layer")
        layer = served.take(REPO, draft)
        digest = served.put_manifest(REPO, manifest((layer, 5)))
        now += 10 * UNNAMED_SECONDS
        assert served.remove_manifest(REPO, digest)
        for later, kept in ((UNNAMED_SECONDS - 1, {layer}), (UNNAMED_SECONDS + 1, set())):
            with store.disk.db.write() as transaction:
                forget_unnamed(transaction, now + later)
            assert {row[0] for row in store.disk.db.all("SELECT digest FROM served_blobs")} == kept
        gc.collect(store)
        assert files(store) == set()


def test_a_blob_stays_while_any_repository_has_it(store: Store) -> None:
    layer = push(store, b"layer")
    assert store.served.mount(OTHER, layer, REPO)
    assert store.served.remove_blob(REPO, layer)
    gc.collect(store)
    assert files(store) == {layer}
    assert store.served.remove_blob(OTHER, layer)
    gc.collect(store)
    assert files(store) == set()


def test_nothing_is_stored_of_an_incomplete_manifest(store: Store) -> None:
    layer = push(store, b"layer", OTHER)
    for member, error in (((layer, 5), Incomplete), ((push(store, b"own"), 4), Invalid)):
        with pytest.raises(error):
            store.served.put_manifest(REPO, manifest(member), ["1"])
    assert store.served.manifest(REPO, "1") is None
    assert files(store) == {layer, digests.of(b"own")}
    with pytest.raises(Conflict, match="names sha256"):
        store.served.put_manifest(OTHER, manifest((layer, 5)))
        store.served.remove_blob(OTHER, layer)


def test_an_image_and_a_repository_share_a_blob(store: Store) -> None:
    """Its bytes are stored once, and stay until the last of both goes."""
    image = random.image(1)
    image_id = store.images.put(image, [parse("app")])
    layer = image.layers()[0]
    with layer.open() as stream:
        data = stream.read()
    before = files(store)
    assert layer.descriptor.digest in before
    inode = os.stat(store.blobs.path(layer.descriptor.digest)).st_ino
    assert push(store, data) == layer.descriptor.digest
    assert files(store) == before
    assert os.stat(store.blobs.path(layer.descriptor.digest)).st_ino == inode
    store.images.remove(image_id)
    gc.collect(store)
    assert files(store) == {layer.descriptor.digest}
    assert store.images.list() == []


def test_an_image_of_the_store_is_not_in_a_repository(store: Store) -> None:
    store.images.put(random.image(1), [parse("app")])
    (digest, *_) = files(store)
    assert store.served.blob_size(REPO, digest) is None
    assert not store.served.mount(REPO, digest)
    assert store.served.repositories() == []


def test_the_disk_use_of_what_is_served(store: Store) -> None:
    image = random.image(1)
    store.images.put(image, [parse("app")])
    plain = df.measure(store, lambda row: False)
    assert "registry" not in [use.kind for use in plain.rows]
    layer = push(store, b"x" * 100_000)
    with image.layers()[0].open() as stream:
        push(store, stream.read())  # counts for the image, which has it too
    store.served.put_manifest(REPO, manifest((layer, 100_000)), ["1"])
    push(store, b"y" * 50_000, OTHER)
    report = df.measure(store, lambda row: False)
    (use,) = (use for use in report.rows if use.kind == "registry")
    assert (use.count, use.active, use.reclaimable) == (2, 1, 0)
    assert 150_000 <= use.size < 150_000 + 3 * 4096
    images = [next(use.size for use in each.rows if use.kind == "images") for each in (plain, report)]
    assert images[0] == images[1]


def test_a_store_that_serves_is_clean(store: Store) -> None:
    store.served.put_manifest(REPO, manifest((push(store, b"layer"), 5)), ["1"])
    assert fsck.check(store, deep=True) == []


def test_a_blob_that_is_lost_is_told_and_forgotten(store: Store) -> None:
    layer = push(store, b"layer")
    digest = store.served.put_manifest(REPO, manifest((layer, 5)), ["1"])
    os.unlink(store.blobs.path(layer))
    said = [finding.sentence for finding in fsck.check(store, repair=True)]
    assert said == [
        f"the file of blob {layer} is gone",
        f"the repository {REPO} has lost its blob {layer}",
        f"the manifest {digest} of the repository {REPO} cannot be pulled: {layer} is gone",
    ]
    (left,) = fsck.check(store, repair=True)
    assert (left.can_repair, left.hint) == (False, "push it again")
    push(store, b"layer")
    assert fsck.check(store) == []


def test_a_manifest_that_is_lost_is_told_and_forgotten(store: Store) -> None:
    digest = store.served.put_manifest(REPO, manifest(word="a"), ["1", "latest"])
    kept = store.served.put_manifest(REPO, manifest(word="b"), ["2"])
    Path(store.blobs.path(digest)).write_bytes(b"other bytes, of another length")
    said = [finding.sentence for finding in fsck.check(store, repair=True)]
    assert said[1:] == [f"the repository {REPO} has lost its manifest {digest}, which is called 1, latest"]
    assert fsck.check(store, deep=True) == []
    assert store.served.tags(REPO) == ["2"]
    assert store.served.manifest(REPO, "2") == store.served.manifest(REPO, kept)


def test_a_draft_of_a_process_that_died_is_swept(store: Store) -> None:
    left = store.root / "tmp" / "0123456789abcdef-1"  # as drafts are called, of a session that is no more
    left.write_bytes(b"half of a blob")
    draft = store.served.draft()
    draft.append(b"of a living one")
    (finding,) = fsck.check(store)
    assert "unfinished work" in finding.sentence
    gc.collect(store)
    assert os.listdir(store.root / "tmp") == [Path(draft.path).name]
    draft.drop()
    draft.drop()
    assert fsck.check(store) == []


def test_an_older_store_gains_the_tables(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "store")
    with disk.db.write() as transaction:
        for table in ("served_tags", "served_members", "served_manifests", "served_blobs"):
            transaction.execute(f"DROP TABLE {table}")
        transaction.execute("PRAGMA user_version = 9")
    disk.db.close()
    with Store(tmp_path / "store") as store:
        assert store.served.repositories() == []
