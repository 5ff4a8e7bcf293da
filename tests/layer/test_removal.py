from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from onggi.errors import Conflict
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


def test_nothing_there_frees_nothing(tmp_path: Path) -> None:
    assert remove(str(tmp_path / "nothing")) == 0


def test_it_says_what_came_free(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone/file").write_bytes(bytes(50_000))
    os.link(tmp_path / "gone/file", tmp_path / "gone/twin")
    (tmp_path / "gone/shared").write_bytes(bytes(90_000))
    os.link(tmp_path / "gone/shared", tmp_path / "kept")
    before = du(tmp_path)
    assert remove(str(tmp_path / "gone")) == before - du(tmp_path)
    assert remove(str(tmp_path / "kept")) > 90_000


@pytest.mark.kernel
def test_a_mount_is_never_entered(tmp_path: Path) -> None:
    point = tmp_path / "gone" / "point"
    point.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", point], check=True)
    try:
        (point / "file").touch()
        with pytest.raises(Conflict, match="is a mount"):
            remove(str(tmp_path / "gone"))
        assert (point / "file").exists()
    finally:
        subprocess.run(["umount", point], check=True)


def du(path: Path) -> int:
    done = subprocess.run(["du", "-sx", "--block-size=1", str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[0])
