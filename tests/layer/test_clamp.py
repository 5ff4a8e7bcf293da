from __future__ import annotations

import os
from pathlib import Path

from onggi.layer.clamp import clamp

from .items import Item, Items, make

TREE: Items = {
    b"d": Item("d", mode=0o755, mtime=2000),
    b"d/old": Item("f", mtime=10),
    b"d/new": Item("f", mtime=3000),
    b"l": Item("l", b"d/old", mtime=3000),
    b"w": Item("w"),
}


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.lstat().st_mtime_ns for path in (folder, *folder.rglob("*"))}


def test_later_times_become_the_date_and_earlier_ones_stay(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", TREE)
    os.utime(folder / "d/old", ns=(0, 999_999_999_999))
    clamp(str(folder), 1000)
    second = 10**9
    assert times(folder) == {
        "a": 1000 * second,
        "d": 1000 * second,
        "old": 999_999_999_999,
        "new": 1000 * second,
        "l": 1000 * second,
        "w": 1000 * second,
    }
