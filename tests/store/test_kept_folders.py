"""Folders that outlive builds: who has them, what they begin with, how they go."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from onggi.store import df, fsck, gc
from onggi.store.kept_folders import KeptFolders, Kind, Sharing
from onggi.store.prune_filter import PruneFilter
from onggi.store.store import Store


def nothing(folder: Path) -> None:
    pass


def patiently() -> None:
    pass


class GivenUp(Exception):
    pass


def impatiently() -> Iterator[None]:
    """Gives up at the second try."""
    yield
    raise GivenUp


def use(mounts: KeptFolders, sharing: Sharing = "shared", name: str = "npm") -> AbstractContextManager[str]:
    tries = impatiently()
    return mounts.use(name, f"id of {name}", sharing, nothing, lambda: next(tries))


def test_what_is_written_is_there_again(store: Store) -> None:
    with use(store.kept_folders) as folder:
        Path(folder, "file").write_text("text")
    with use(store.kept_folders) as folder:
        assert Path(folder, "file").read_text() == "text"
    with use(store.kept_folders, name="pip") as folder:
        assert os.listdir(folder) == []
    assert [mount.id for mount in store.kept_folders.list()] == ["id of npm", "id of pip"]
    assert fsck.check(store) == []


@pytest.mark.parametrize(("kind", "stays"), [("source.local", False), ("exec.cachemount", True)])
def test_what_a_client_can_send_again_does_not_keep_a_disk_full(
    store: Store, kind: Kind, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.kept_folders.use("folder", "app", "private", kind=kind) as path:
        Path(path, "sub").mkdir()
        Path(path, "sub/file").write_text("much")
    with store.kept_folders.use("folder", "app", "private", kind=kind) as path:
        assert Path(path, "sub/file").exists()
        monkeypatch.setattr(store.disk, "is_full", lambda: True)
    assert Path(path, "sub").exists() == stays


def test_a_new_one_is_filled_once(store: Store) -> None:
    def fill(folder: Path) -> None:
        (folder / "begin").touch()
        folder.chmod(0o700)

    for _ in range(2):
        with store.kept_folders.use("npm", "npm", "shared", fill, patiently) as folder:
            assert os.stat(folder).st_mode & 0o777 == 0o700
            if os.path.exists(f"{folder}/begin"):
                os.unlink(f"{folder}/begin")
    with use(store.kept_folders) as folder:
        assert os.listdir(folder) == []


def test_what_fails_to_be_filled_is_not_there(store: Store) -> None:
    def fill(folder: Path) -> None:
        (folder / "half").touch()
        raise GivenUp

    with pytest.raises(GivenUp), store.kept_folders.use("npm", "npm", "shared", fill, patiently):
        pass
    assert store.kept_folders.list() == []
    assert os.listdir(store.root / "tmp") == []


def test_shared_by_all(store: Store) -> None:
    with use(store.kept_folders) as one, use(store.kept_folders) as two:
        assert one == two


@pytest.mark.parametrize(("first", "second"), [("locked", "locked"), ("locked", "shared"), ("shared", "locked")])
def test_locked_is_nobody_elses(store: Store, first: Sharing, second: Sharing) -> None:
    with use(store.kept_folders, first), pytest.raises(GivenUp), use(store.kept_folders, second):
        pass
    with use(store.kept_folders, second):
        pass


def test_locked_waits(store: Store) -> None:
    order: list[str] = []
    mounts = store.kept_folders
    with mounts.use("npm", "npm", "locked", nothing, patiently):
        waiting = threading.Event()

        def other() -> None:
            with mounts.use("npm", "npm", "locked", nothing, waiting.set):
                order.append("second")

        thread = threading.Thread(target=other)
        thread.start()
        waiting.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_private_takes_another(store: Store) -> None:
    mounts = store.kept_folders
    with use(mounts, "private") as one, use(mounts, "private") as two:
        assert one != two
        Path(two, "mine").touch()
    with use(mounts, "private") as again:
        assert again == one
    assert len(mounts.list()) == 2
    assert {mount.id for mount in mounts.list()} == {"id of npm"}


def test_one_that_is_in_use_is_not_removed(store: Store) -> None:
    with use(store.kept_folders) as folder:
        assert store.kept_folders.remove("npm") is None
        assert gc.prune_cache(store).removed == ()
        assert os.path.isdir(folder)
    assert gc.prune_cache(store).removed == (gc.Removed("deleted", "npm"),)
    assert store.kept_folders.list() == []


def test_who_waits_for_a_removed_one_makes_it_anew(store: Store) -> None:
    mounts = store.kept_folders
    for _ in range(30):
        stop = threading.Event()

        def remove(stop: threading.Event = stop) -> None:
            while not stop.is_set():
                mounts.remove("npm")

        thread = threading.Thread(target=remove)
        thread.start()
        for _ in range(5):
            with mounts.use("npm", "npm", "locked", nothing, patiently) as folder:
                Path(folder, "file").touch()
        stop.set()
        thread.join()


def test_killed_while_it_had_one(store: Store) -> None:
    """The kernel frees the lock; what was written stays."""
    ready, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        with Store(store.root).kept_folders.use("npm", "npm", "locked", nothing, patiently) as folder:
            Path(folder, "half").touch()
            os.write(done, b"x")
            time.sleep(600)
    os.read(ready, 1)
    with pytest.raises(GivenUp), use(store.kept_folders, "locked"):
        pass
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with store.kept_folders.use("npm", "npm", "locked", nothing, patiently) as folder:
        assert os.listdir(folder) == ["half"]
    store.disk.reap()
    assert fsck.check(store) == []
    os.close(ready)
    os.close(done)


def test_they_are_part_of_the_build_cache(store: Store) -> None:
    with use(store.kept_folders) as folder:
        Path(folder, "file").write_bytes(b"x" * 100_000)
    (found,) = store.kept_folders.list()
    assert found.disk >= 100_000
    row = next(row for row in df.measure(store, lambda _: False).rows if row.kind == "build cache")
    assert row.count == 1
    assert row.size >= 100_000


def test_the_cap_takes_the_one_that_was_used_last_of_all(store: Store) -> None:
    for number, name in enumerate(("old", "new")):
        with use(store.kept_folders, name=name) as folder:
            Path(folder, "file").write_bytes(b"x" * 100_000)
        os.utime(store.root / "cache-mounts" / name / "about.json", (number, number))
    gc.cap_cache(store, 200_000)
    assert [mount.name for mount in store.kept_folders.list()] == ["new"]


@pytest.mark.parametrize(
    ("only", "goes"),
    [
        (PruneFilter(types=("exec.cachemount",)), True),
        (PruneFilter(types=("regular",)), False),
        (PruneFilter(until=1.0), False),
        (PruneFilter(until=time.time() + 3600), True),
        (PruneFilter(labels=("a",)), False),
    ],
)
def test_filters(store: Store, only: PruneFilter, goes: bool) -> None:
    with use(store.kept_folders):
        pass
    assert len(gc.prune_cache(store, only=only).removed) == goes


def test_what_lost_its_description_is_still_pruned(store: Store) -> None:
    with use(store.kept_folders):
        pass
    (store.root / "cache-mounts/npm/about.json").write_text("{")
    (found,) = store.kept_folders.list()
    assert found.disk > 0
    assert gc.prune_cache(store).removed == (gc.Removed("deleted", "npm"),)
