from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from onggi.errors import Corrupt, Denied, Invalid, Unsupported
from onggi.store import db, lockfile
from onggi.store.disk import NEWEST_FOLDER, Disk
from onggi.store.store import Store

from .helpers import exit_code, in_child, kill


def test_a_new_store_is_an_oci_layout_and_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    with Store(tmp_path / "a" / "b") as store:
        assert store.images.list() == []
    assert (tmp_path / "a/b/oci-layout").read_text() == '{"imageLayoutVersion":"1.0.0"}'
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o700
    assert sorted(os.listdir(tmp_path / "a/b/tmp")) == []


def test_opening_a_store_runs_no_schema_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path / "s").images.list()

    def refuse(connection: sqlite3.Connection) -> None:
        raise AssertionError("the schema was created again")

    monkeypatch.setattr(db, "_create", refuse)
    assert Store(tmp_path / "s").images.list() == []


def test_a_store_from_before_a_folder_gains_it(tmp_path: Path) -> None:
    Store(tmp_path / "s").close()
    os.rmdir(tmp_path / "s" / NEWEST_FOLDER)
    Store(tmp_path / "s").close()
    assert os.listdir(tmp_path / "s" / NEWEST_FOLDER) == []


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.images.list()
    connection = sqlite3.connect(tmp_path / "s" / "onggi.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with Store(tmp_path / "s") as store, pytest.raises(Unsupported, match="written by a newer onggi"):
        store.images.list()


def test_a_root_that_is_a_file_is_invalid(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Invalid, match="not a folder"):
        Store(tmp_path / "file")
    with pytest.raises(Invalid, match="not a folder"):
        Store(tmp_path / "file" / "below")


def test_a_root_that_may_not_be_made_is_denied(tmp_path: Path) -> None:
    def try_it() -> None:
        os.setuid(65534)
        with pytest.raises(Denied, match="no permission to make the store"):
            Store(tmp_path / "store")

    assert exit_code(in_child(try_it)) == 0


def test_a_database_that_is_none_is_corrupt(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.images.list()
    (tmp_path / "s/onggi.db").write_bytes(b"not a database, but longer than its header" * 100)
    with Store(tmp_path / "s") as store, pytest.raises(Corrupt, match="damaged"):
        store.images.list()


def test_many_processes_may_make_a_store_at_once(tmp_path: Path) -> None:
    def make() -> None:
        with Store(tmp_path / "s") as store, store.temporary():
            assert store.images.list() == []

    assert [exit_code(pid) for pid in [in_child(make) for _ in range(6)]] == [0] * 6


def test_a_failed_transaction_takes_its_renames_back(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    (tmp_path / "a").write_text("a")
    with pytest.raises(ZeroDivisionError), disk.db.write() as transaction:
        transaction.execute("INSERT INTO blobs VALUES ('d', 1)")
        transaction.rename(str(tmp_path / "a"), str(tmp_path / "b"))
        raise ZeroDivisionError
    assert (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()
    assert disk.db.all("SELECT * FROM blobs") == []
    disk.close()


def test_temporary_folders_go_whatever_is_in_them(store: Store) -> None:
    with store.temporary() as folder:
        (folder / "deep").mkdir(mode=0)
        (folder / "link").symlink_to("/etc")
    assert not folder.exists()
    assert Path("/etc/passwd").exists()


def test_each_thread_has_its_connection(store: Store) -> None:
    problems: list[Exception] = []

    def use() -> None:
        try:
            for number in range(20):
                with store.disk.db.write() as transaction:
                    transaction.execute("INSERT OR REPLACE INTO blobs VALUES (?, 1)", (str(number),))
        except Exception as error:  # noqa: BLE001 - handed to the test
            problems.append(error)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert store.disk.db.one("SELECT count(*) FROM blobs") == (20,)


def test_a_lock_excludes_threads_and_processes(store: Store, tmp_path: Path) -> None:
    inside: list[int] = []
    most = 0

    def work() -> None:
        nonlocal most
        for _ in range(20):
            with store.lock("key"):
                inside.append(1)
                most = max(most, len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1

    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        with Store(tmp_path / "store") as mine:
            for _ in range(25):
                with mine.lock("key"):
                    counter.write_text(str(int(counter.read_text()) + 1))

    assert [exit_code(pid) for pid in [in_child(count) for _ in range(4)]] == [0] * 4
    assert counter.read_text() == "100"
    assert os.listdir(store.root / "locks") == []


def test_a_wait_for_a_lock_can_be_given_up(store: Store) -> None:
    asked = 0

    def ask() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise TimeoutError

    with store.disk.lock("key"), pytest.raises(TimeoutError), store.disk.lock("key", ask):
        raise AssertionError("two hold it")
    with store.disk.lock("key", ask):
        pass


def test_the_lock_of_a_process_that_is_killed_is_free(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")

    def hold() -> None:
        with lockfile.held(path):
            (tmp_path / "ready").touch()
            time.sleep(60)

    pid = in_child(hold)
    while not (tmp_path / "ready").exists():
        time.sleep(0.005)
    assert lockfile.is_held(path)
    assert lockfile.seize(path) is None
    kill(pid)
    assert not lockfile.is_held(path)
    descriptor = lockfile.seize(path)
    assert descriptor is not None
    lockfile.release(path, descriptor)
    assert not os.path.exists(path)


def test_several_processes_tidy_up_at_once(tmp_path: Path) -> None:
    root = tmp_path / "store"
    with Store(root) as store:
        store.images.list()
    for path in (
        root / f"tmp/dead{orphan}-1/{top}/{below}" for orphan in range(3) for top in range(9) for below in "ab"
    ):
        path.mkdir(parents=True)
        (path / "file").touch()

    def tidy_up() -> None:
        with Store(root) as mine, mine.lease():
            mine.disk.reap()

    assert [exit_code(pid) for pid in [in_child(tidy_up) for _ in range(6)]] == [0] * 6
    assert os.listdir(root / "tmp") == []
