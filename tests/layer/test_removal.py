from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.layer.removal import remove

from .items import Item, make


def test_removes_all_of_a_tree_and_nothing_else(tmp_path: Path) -> None:
    outside = make(tmp_path / "outside", {b"f": Item("f")})
    tree = make(
        tmp_path / "tree",
        {
            b"a/b/c": Item("f"),
            b"a/b/d/e": Item("p"),
            b"a/link": Item("l", os.fsencode(outside)),
            b"a/0/x": Item("f"),
            b"0/1/x": Item("f"),
            b"1": Item("f"),
            b"n": Item("c"),
        },
    )
    remove(str(tree))
    assert os.listdir(tmp_path) == ["outside"] and os.listdir(outside) == ["f"]


def test_a_link_goes_and_its_target_stays(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to("target")
    remove(str(tmp_path / "link"))
    assert os.listdir(tmp_path) == ["target"]


def test_a_tree_deeper_than_a_path_may_be_long(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    here = os.open(tmp_path / "tree", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("folder", dir_fd=here)
        below = os.open("folder", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove(str(tmp_path / "tree"))
    assert os.listdir(tmp_path) == []


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        remove(str(tmp_path / "nothing"))
