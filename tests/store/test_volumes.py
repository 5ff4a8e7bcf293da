"""Volumes: rows and folders, who uses them, and filling one in one go."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from onggi.container.spec import ContainerSpec, Mount, Volume
from onggi.errors import Conflict, Invalid, NotFound
from onggi.image import random
from onggi.store import filling, fsck, gc
from onggi.store.containers import ContainerRow
from onggi.store.prune_filter import PruneFilter
from onggi.store.store import Store
from onggi.store.volumes import ANONYMOUS, VolumeRow, new_row

from .helpers import exit_code, in_child, kill, name


@pytest.fixture
def spec(store: Store) -> ContainerSpec:
    return ContainerSpec(image="a", image_id=store.images.put(random.image(1), [name("a")]))


def make(store: Store, volume: str, files: dict[str, str] | None = None) -> VolumeRow:
    row = new_row(volume, {}, {})
    store.volumes.create(row)
    for path, text in (files or {}).items():
        Path(store.volumes.data(row.name), path).write_text(text)
    return row


def use(store: Store, spec: ContainerSpec, container: str, *volumes: str) -> ContainerRow:
    mounts: tuple[Mount, ...] = tuple(Volume(each, f"/{each}") for each in volumes)
    return store.containers.add(ContainerSpec(image=spec.image, image_id=spec.image_id, mounts=mounts), container)


def test_a_volume_is_a_row_and_a_folder(store: Store) -> None:
    made = new_row("data", {"team": "shop"}, {"type": "none"})
    store.volumes.create(made)
    assert store.volumes.get("data") == made == store.volumes.find("data")
    assert store.volumes.list() == [made]
    assert not made.is_anonymous
    folder = Path(store.volumes.data("data"))
    assert folder == store.root / "volumes/data/_data"
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o7777 == 0o755


def test_without_a_name_it_gets_one(store: Store) -> None:
    row = new_row("", {"a": "b"}, {})
    assert len(row.name) == 64
    assert set(row.name) <= set("0123456789abcdef")
    assert row.labels == {ANONYMOUS: "", "a": "b"}
    assert row.is_anonymous


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("a/b", '"a/b" includes invalid characters for a local volume name'),
        ("..", "includes invalid characters"),
        (".hidden", "includes invalid characters"),
        ("a b", "includes invalid characters"),
        ("ä1", "includes invalid characters"),
        ("a\n", "includes invalid characters"),
        ("x", "volume name is too short, names should be at least two alphanumeric characters"),
        ("x" * 201, "volume name is too long, 200 characters are the most"),
    ],
)
def test_a_name_that_no_volume_can_have(bad: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        new_row(bad, {}, {})


def test_the_longest_name(store: Store) -> None:
    longest = "x" * 200
    make(store, longest)
    with store.volumes.lock(longest):
        assert store.volumes.get(longest)
    store.volumes.remove(longest)


def test_what_is_not_there(store: Store) -> None:
    for text in ("nothing", "a/b", ""):
        assert store.volumes.find(text) is None
        with pytest.raises(NotFound, match=f"get {text}: no such volume"):
            store.volumes.get(text)
        with pytest.raises(NotFound):
            store.volumes.remove(text)


def test_one_in_use_stays_and_its_users_are_named(store: Store, spec: ContainerSpec) -> None:
    make(store, "data")
    web, job = use(store, spec, "web", "data"), use(store, spec, "job", "data")
    assert [user.name for user in store.volumes.users()["data"]] == ["job", "web"]
    with pytest.raises(Conflict, match=rf"remove data: volume is in use - \[{job.id}, {web.id}\]") as refused:
        store.volumes.remove("data")
    assert refused.value.hint == "used by job, web: remove them first"
    store.containers.remove(web.id)
    store.containers.remove(job.id)
    assert store.volumes.users() == {}
    assert store.volumes.remove("data") > 0
    assert os.listdir(store.root / "volumes") == []


def test_a_container_at_two_places_of_one_volume(store: Store, spec: ContainerSpec) -> None:
    make(store, "data")
    twice = (Volume("data", "/a"), Volume("data", "/b"))
    store.containers.add(ContainerSpec(image="a", image_id=spec.image_id, mounts=twice), "web")
    assert [user.name for user in store.volumes.users()["data"]] == ["web"]


def test_removing_frees_what_was_in_it(store: Store) -> None:
    make(store, "data", {"file": "x" * 100_000})
    assert store.volumes.remove("data") >= 100_000
    assert store.volumes.list() == []


def test_a_volume_comes_with_its_container_or_not_at_all(store: Store, spec: ContainerSpec) -> None:
    wanted = ContainerSpec(image="a", image_id=spec.image_id, mounts=(Volume("data", "/data"),))
    with store.volumes.drafted(new_row("data", {}, {})) as draft:
        Path(draft.data, "file").write_text("text")
        store.containers.add(wanted, "web", lambda transaction: store.volumes.add(transaction, draft))
    assert Path(store.volumes.data("data"), "file").read_text() == "text"
    other = ContainerSpec(image="a", image_id=spec.image_id, mounts=(Volume("other", "/data"),))
    with store.volumes.drafted(new_row("other", {}, {})) as draft, pytest.raises(Conflict):
        store.containers.add(other, "web", lambda transaction: store.volumes.add(transaction, draft))
    assert [row.name for row in store.volumes.list()] == ["data"]
    assert os.listdir(store.root / "volumes") == ["data"]
    assert os.listdir(store.root / "tmp") == []


def test_what_lost_its_row_is_never_overwritten(store: Store) -> None:
    make(store, "data", {"file": "precious"})
    with store.disk.db.write() as transaction:
        transaction.execute("DELETE FROM volumes")
    make(store, "data")
    assert Path(store.volumes.data("data"), "file").read_text() == "precious"


def test_pruning_takes_what_nobody_named_and_nobody_uses(store: Store, spec: ContainerSpec) -> None:
    unnamed, used = make(store, "", {"file": "x" * 50_000}), make(store, "")
    make(store, "named")
    use(store, spec, "web", used.name)
    freed = gc.prune_volumes(store)
    assert [removed.name for removed in freed.removed] == [unnamed.name]
    assert freed.bytes >= 50_000
    assert [removed.name for removed in gc.prune_volumes(store, named=True).removed] == ["named"]
    assert [row.name for row in store.volumes.list()] == [used.name]


def test_pruning_by_label(store: Store) -> None:
    for volume, label in (("one", "a"), ("two", "b")):
        store.volumes.create(new_row(volume, {"stage": label}, {}))
    removed = gc.prune_volumes(store, PruneFilter(labels=("stage=a",)), named=True).removed
    assert [each.name for each in removed] == ["one"]
    removed = gc.prune_volumes(store, PruneFilter(without=("stage",)), named=True).removed
    assert removed == ()


def test_one_of_many_processes_makes_a_volume(store: Store, tmp_path: Path) -> None:
    def take() -> None:
        with Store(tmp_path / "store") as mine, mine.volumes.lock("data"):
            if mine.volumes.find("data") is None:
                mine.volumes.create(new_row("data", {"made": "yes"}, {}))

    assert [exit_code(pid) for pid in [in_child(take) for _ in range(4)]] == [0] * 4
    assert [row.name for row in store.volumes.list()] == ["data"]


# Filling


def tree(folder: str) -> None:
    """What an image may bring: owners, modes, links."""
    root = Path(folder)
    (root / "sub").mkdir()
    (root / "sub/file").write_text("text")
    os.chown(root / "sub/file", 7, 8)
    os.symlink("sub/file", root / "link")
    os.link(root / "sub/file", root / "twin")
    os.chown(root, 5, 6)
    root.chmod(0o1770)


def test_filling_keeps_the_folder_and_takes_its_owner_and_mode(store: Store) -> None:
    make(store, "data")
    folder = Path(store.volumes.data("data"))
    before = folder.stat().st_ino
    store.volumes.fill("data", str(folder), tree)
    status = folder.stat()
    assert (status.st_ino, status.st_uid, status.st_gid) == (before, 5, 6)
    assert stat.S_IMODE(status.st_mode) == 0o1770
    assert sorted(os.listdir(folder)) == ["link", "sub", "twin"]
    assert (folder / "link").read_text() == "text"
    assert (folder / "twin").stat().st_ino == (folder / "sub/file").stat().st_ino
    assert ((folder / "sub/file").stat().st_uid, (folder / "sub/file").stat().st_gid) == (7, 8)
    assert os.listdir(store.volumes.folder("data")) == ["_data"]


def test_a_filling_that_fails_leaves_nothing(store: Store) -> None:
    def fail(folder: str) -> None:
        Path(folder, "half").write_text("half")
        raise NotFound("the other half")

    make(store, "data")
    with pytest.raises(NotFound):
        store.volumes.fill("data", store.volumes.data("data"), fail)
    assert os.listdir(store.volumes.data("data")) == []
    assert os.listdir(store.volumes.folder("data")) == ["_data"]


def test_a_folder_elsewhere_is_filled_from_within(store: Store, tmp_path: Path) -> None:
    make(store, "data")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store.volumes.fill("data", str(elsewhere), tree)
    assert sorted(os.listdir(elsewhere)) == ["link", "sub", "twin"]
    assert os.listdir(store.volumes.data("data")) == []


def killed_while_writing(place: str, target: str) -> None:
    def write(folder: str) -> None:
        tree(folder)
        os.kill(os.getpid(), 9)

    exit_code(in_child(lambda: filling.fill(place, target, write)))


def killed_while_moving(place: str, target: str) -> None:
    def work() -> None:
        rename, moved = os.rename, 0

        def stop(*args: Any, **how: Any) -> None:
            nonlocal moved
            rename(*args, **how)
            moved += 1
            if moved == 2:  # the draft's own rename, and one entry
                os.kill(os.getpid(), 9)

        os.rename = stop
        filling.fill(place, target, tree)

    exit_code(in_child(work))


@pytest.mark.parametrize("inside", [False, True])
def test_killed_while_it_writes_there_is_nothing(tmp_path: Path, inside: bool) -> None:
    target = tmp_path / "target"
    target.mkdir()
    place = target if inside else tmp_path
    killed_while_writing(str(place), str(target))
    assert len(filling.leftovers(str(place))) == 1
    assert filling.is_empty(str(target))
    assert not filling.is_due(str(place))
    filling.fill(str(place), str(target), tree)
    assert sorted(os.listdir(target)) == ["link", "sub", "twin"]
    assert filling.leftovers(str(place)) == []


@pytest.mark.parametrize("inside", [False, True])
def test_killed_while_it_moves_the_next_one_completes_it(tmp_path: Path, inside: bool) -> None:
    target = tmp_path / "target"
    target.mkdir()
    place = target if inside else tmp_path
    killed_while_moving(str(place), str(target))
    assert filling.is_due(str(place))
    assert filling.complete(str(place), str(target))
    assert sorted(os.listdir(target)) == ["link", "sub", "twin"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o1770
    assert not filling.complete(str(place), str(target))


def test_killed_while_it_removes_its_draft_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / ".onggi-new").mkdir(0o700)
    assert not filling.is_due(str(tmp_path))
    assert not filling.complete(str(tmp_path), str(target))
    assert filling.leftovers(str(tmp_path)) == []


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    """A container's root may write anything into the folder, under any name."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").write_text("text")
    target = tmp_path / "target"
    target.mkdir()
    (target / ".onggi-new").symlink_to(tmp_path / "victim")
    (target / ".onggi-abc").symlink_to(tmp_path / "victim")
    (target / ".onggi-open").mkdir(mode=0o755)
    assert not filling.is_due(str(target))
    assert not filling.complete(str(target), str(target))
    assert (tmp_path / "victim/file").read_text() == "text"
    assert sorted(os.listdir(target)) == [".onggi-abc", ".onggi-new", ".onggi-open"]


def test_a_name_that_came_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()

    def write(folder: str) -> None:
        tree(folder)
        (target / "link").write_text("somebody's")

    filling.fill(str(tmp_path), str(target), write)
    assert (target / "link").read_text() == "somebody's"
    assert sorted(os.listdir(target)) == ["link", "sub", "twin"]


def test_killed_at_any_instant_a_volume_is_whole_or_not_there(tmp_path: Path) -> None:
    def churn() -> None:
        with Store(tmp_path / "store") as mine:
            while True:
                with mine.volumes.lock("data"), mine.volumes.drafted(new_row("data", {}, {})) as draft:
                    for number in range(20):
                        Path(draft.data, str(number)).write_text("x")
                    with mine.disk.db.write() as transaction:
                        mine.volumes.add(transaction, draft)
                mine.volumes.remove("data")

    with Store(tmp_path / "store") as store:
        make(store, "kept", {"file": "precious"})
    for instant in range(12):
        pid = in_child(churn)
        time.sleep(0.05 + 0.007 * instant)
        kill(pid)
        with Store(tmp_path / "store") as store:
            fsck.check(store, repair=True)
            assert fsck.check(store) == []
            assert Path(store.volumes.data("kept"), "file").read_text() == "precious"
            if store.volumes.find("data"):
                assert len(os.listdir(store.volumes.data("data"))) in (0, 20)
                store.volumes.remove("data")
