"""What the store remembers of files outside of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from onggi.layer.stat_cache import Seen
from onggi.store import gc
from onggi.store.store import Store

SEEN = Seen((3, 1_700_000_000_123_456_789, 1_700_000_000_123_456_790, 2**64 - 1), "sha256:1", True)
OTHER = Seen((4, -1, 2, 3), "sha256:2", False)


def test_what_was_seen_last_is_remembered(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    folder = str(tmp_path)
    store.stats.put({folder: {"a": SEEN, "b": OTHER}, "/elsewhere": {"a": OTHER}})
    assert store.stats.get(["/nowhere", folder]) == {folder: {"a": SEEN, "b": OTHER}}
    store.stats.put({folder: {"b": SEEN}})
    assert store.stats.get([folder, "/elsewhere"]) == {folder: {"a": SEEN, "b": SEEN}, "/elsewhere": {"a": OTHER}}
    store.stats.put({})
    assert store.stats.get([]) == {}


def test_files_that_are_gone_are_forgotten(store: Store, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    folder = str(tmp_path)
    store.stats.put({folder: {"link": SEEN, "gone": SEEN}})
    store.stats.put({folder: {"new": OTHER}})
    assert store.stats.get([folder]) == {folder: {"link": SEEN, "new": OTHER}}


def test_many_folders_at_once(store: Store) -> None:
    folders = {f"/{number}": {f"{number}": SEEN} for number in range(1_234)}
    store.stats.put(folders)
    assert store.stats.get(folders) == folders


def test_a_path_need_not_be_text(store: Store) -> None:
    folders = {"/src/caf\udce9": {"th\udce9": SEEN, "né\n": OTHER}}
    store.stats.put(folders)
    assert store.stats.get(folders) == folders


def test_too_much_is_forgotten_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {f"/{number}": {"a": SEEN} for number in range(10)}
    store.stats.put(folders)
    gc.collect(store)
    assert store.stats.get(folders) == folders
    monkeypatch.setattr(gc, "SEEN_BYTES", 100)
    gc.collect(store)
    assert store.stats.get(folders) == {}


def test_a_store_from_before_folders_were_remembered(tmp_path: Path) -> None:
    """Version 9 had a row for each file: all else stays, and what is seen from now on is remembered."""
    with Store(tmp_path / "s") as store:
        build = store.records.begin("/src", "Dockerfile", "", 1.0)
    database = sqlite3.connect(tmp_path / "s/onggi.db")
    database.executescript(
        "DROP TABLE seen;"
        "CREATE TABLE stats (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
        " ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;"
        "INSERT INTO stats VALUES (CAST('/src/a' AS BLOB), 1, 2, 3, 4, 'sha256:1');"
        "PRAGMA user_version = 9;"
    )
    database.close()
    for _ in range(2):
        with Store(tmp_path / "s") as store:
            assert store.records.get(build.id).context == "/src"
            store.stats.put({"/src": {"a": SEEN}})
            assert store.stats.get(["/src"]) == {"/src": {"a": SEEN}}
