"""Trees that change while they are read, or that hold what is not to be touched."""

from __future__ import annotations

import os
import resource
import socket
import stat
from pathlib import Path

import pytest

from onggi.errors import OnggiError
from onggi.layer import live
from onggi.layer.walk import Found, walk

from .items import Item, make

TREE = {
    b"a/b/c": Item("f", b"text"),
    b"a/link": Item("l", b"b"),
    b"a-": Item("f"),
    b"pipe": Item("p"),
    b"z": Item("d"),
}


def entries(folder: Path, name: bytes = b".", path: bytes = b"", closed: frozenset[int] = frozenset()) -> list[Found]:
    top = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        return list(live.entries(top, name, path, closed))
    finally:
        os.close(top)


def test_the_order_is_that_of_a_walk(tmp_path: Path) -> None:
    folder = make(tmp_path / "t", TREE)
    found = [(each.path, each.status.st_ino, each.xattrs) for each in entries(folder)]
    assert found == [(each.path, each.status.st_ino, each.xattrs) for each in walk(os.fsencode(folder))]


def test_an_entry_goes_by_the_name_it_is_given(tmp_path: Path) -> None:
    folder = make(tmp_path / "t", TREE)
    assert [each.path for each in entries(folder, b"a", b"new")] == [b"new", b"new/b", b"new/b/c", b"new/link"]
    assert [each.path for each in entries(folder, b"a", b"/")] == [b"/", b"/b", b"/b/c", b"/link"]
    assert [each.path for each in entries(folder, b"a-", b"x")] == [b"x"]


def test_sockets_are_left_out(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert [each.path for each in entries(tmp_path)] == [b""]
        assert entries(tmp_path, b"s", b"s") == []


def test_what_goes_away_meanwhile_is_left_out(tmp_path: Path) -> None:
    folder = make(tmp_path / "t", {b"a/1": Item("f"), b"a/2": Item("f"), b"b/1": Item("f"), b"c": Item("f")})
    top = os.open(folder, os.O_PATH)
    found = []
    for each in live.entries(top, b".", b""):
        found.append(each.path)
        if each.path == b"a/1":
            (folder / "a/2").unlink()
            (folder / "c").unlink()
        if each.path == b"b":
            (folder / "b/1").unlink()
            (folder / "b").rmdir()
            (folder / "b").symlink_to("/etc")
    os.close(top)
    assert found == [b"", b"a", b"a/1", b"b"]


def test_a_folder_that_is_moved_is_read_where_it_is(tmp_path: Path) -> None:
    """And what is put in its place is not read in its stead."""
    outside = make(tmp_path / "outside", {b"deep/secret": Item("f")})
    folder = make(tmp_path / "t", {b"a/deep/1": Item("f"), b"a/deep/2": Item("f")})
    top = os.open(folder, os.O_PATH)
    found = []
    for each in live.entries(top, b".", b""):
        found.append(each.path)
        if each.path == b"a/deep":
            (folder / "a").rename(folder / "away")
            (folder / "a").symlink_to(outside)
    os.close(top)
    assert found == [b"", b"a", b"a/deep", b"a/deep/1", b"a/deep/2"]


@pytest.mark.parametrize("kind", ["fifo", "device", "link"])
def test_only_the_regular_file_that_was_seen_is_opened(tmp_path: Path, kind: str) -> None:
    """A pipe would wait for ever, a device may do something, and a link lead anywhere."""
    folder = make(tmp_path / "t", {b"f": Item("f", b"text")})
    (found,) = (each for each in walk(os.fsencode(folder)) if each.path)
    os.close(live.opened(found))
    (folder / "f").unlink()
    if kind == "fifo":
        os.mkfifo(folder / "f")
    elif kind == "device":
        os.mknod(folder / "f", stat.S_IFCHR, os.makedev(1, 7))
    else:
        (folder / "f").symlink_to("/etc/passwd")
    with pytest.raises(FileNotFoundError):
        live.opened(found)


def test_closed_devices_are_not_entered(tmp_path: Path) -> None:
    """The kernel's own file systems, seen from a file system around them."""
    closed = frozenset({os.stat("/proc").st_dev})
    root = os.open("/", os.O_PATH)
    try:
        found = []
        for each in live.entries(root, b".", b"", closed):
            found.append(each.path)
            if each.path > b"proc":
                break
        assert b"proc" in found and not any(path.startswith(b"proc/") for path in found)
    finally:
        os.close(root)
    inside = [each.path for each in entries(Path("/proc/self/ns"), b".", b"ns", closed)]
    assert b"ns/mnt" in inside


def test_a_walk_that_is_given_up_leaves_nothing_open(tmp_path: Path) -> None:
    folder = make(tmp_path / "t", {b"a/b/c/d/e": Item("f")})
    top = os.open(folder, os.O_PATH)
    before = len(os.listdir("/proc/self/fd"))
    walked = live.entries(top, b".", b"")
    for each in walked:
        if each.path.endswith(b"e"):
            break
    walked.close()  # type: ignore[attr-defined]
    assert len(os.listdir("/proc/self/fd")) == before
    os.close(top)


def test_a_tree_deeper_than_files_may_be_open_is_refused_by_name(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    (tmp_path / "t").mkdir()
    os.makedirs(tmp_path / "t" / "/".join(["d"] * 60))
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 40, hard))
    try:
        with pytest.raises(OnggiError, match=r"'d/d/.*too many files are open"):
            entries(tmp_path / "t")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
