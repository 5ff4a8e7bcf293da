from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from onggi.errors import Conflict
from onggi.store import tree


def du(path: Path) -> int:
    done = subprocess.run(["du", "-sx", "--block-size=1", str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[0])


def test_usage_is_what_du_says(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    for size in (0, 1, 4096, 5000, 100_000):
        (tmp_path / "a" / str(size)).write_bytes(os.urandom(size))
    os.link(tmp_path / "a/100000", tmp_path / "a/b/again")
    (tmp_path / "a/link").symlink_to("x" * 200)
    with (tmp_path / "a/sparse").open("wb") as file:
        file.truncate(10 << 20)
    assert tree.Usage().add(str(tmp_path)) == du(tmp_path)


def test_usage_counts_hard_links_for_whoever_comes_first(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a/file").write_bytes(bytes(100_000))
    os.link(tmp_path / "a/file", tmp_path / "b/file")
    usage = tree.Usage()
    assert usage.add(str(tmp_path / "a")) > 100_000
    assert usage.add(str(tmp_path / "b")) < 100_000
    assert usage.add(str(tmp_path / "none")) == 0


def test_remove_says_what_came_free(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone/file").write_bytes(bytes(50_000))
    os.link(tmp_path / "gone/file", tmp_path / "gone/twin")
    (tmp_path / "gone/shared").write_bytes(bytes(90_000))
    os.link(tmp_path / "gone/shared", tmp_path / "kept")
    before = du(tmp_path)
    freed = tree.remove(str(tmp_path / "gone"))
    assert freed == before - du(tmp_path)
    assert tree.remove(str(tmp_path / "gone")) == 0
    assert tree.remove(str(tmp_path / "kept")) > 90_000


def test_remove_goes_deeper_than_a_path_can_be(tmp_path: Path) -> None:
    top = tmp_path / "deep"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(60):  # each name has 100 bytes: in all more than PATH_MAX
        os.mkdir("d" * 100, dir_fd=here)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)
    assert tree.remove(str(top)) > 60 * 512
    assert not top.exists()


def test_remove_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").touch()
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone/link").symlink_to(tmp_path / "other")
    tree.remove(str(tmp_path / "gone"))
    assert (tmp_path / "other/file").exists()


@pytest.mark.kernel
def test_remove_never_enters_a_mount(tmp_path: Path) -> None:
    point = tmp_path / "gone" / "point"
    point.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", point], check=True)
    try:
        (point / "file").touch()
        with pytest.raises(Conflict, match="is a mount"):
            tree.remove(str(tmp_path / "gone"))
        assert (point / "file").exists()
    finally:
        subprocess.run(["umount", point], check=True)
