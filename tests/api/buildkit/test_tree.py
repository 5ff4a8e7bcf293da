"""Trees of files that are received, into folders that are empty or have what came before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.buildkit.fsutil_sender import entries
from tests.api.buildkit.trees import facts

from onggi.api import file_mode
from onggi.api.buildkit.session.tree import Tree
from onggi.api.buildkit.wire.session_pb2 import Stat
from onggi.errors import Corrupt

FILE, FOLDER, LINK, PIPE = (
    file_mode.to_go(kind | 0o644) for kind in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO)
)


def told(path: str, bits: int = FILE, linkname: str = "") -> Stat:
    return Stat(path=os.fsencode(path), mode=bits, linkname=os.fsencode(linkname))


def receive(source: Path, folder: Path, started: int = 0) -> list[str]:
    """The paths that were asked for."""
    stats = list(entries(source))
    with Tree(str(folder), started) as tree:
        for each in stats:
            tree.add(each)
        asked = list(tree.wanted)
        for number in asked:
            if data := (source / os.fsdecode(stats[number].path)).read_bytes():
                tree.write(number, data)
            tree.write(number, b"")
        tree.finish()
    return [os.fsdecode(stats[number].path) for number in asked]


LEAVES = st.one_of(
    st.tuples(st.just("file"), st.binary(max_size=3), st.sampled_from([0o644, 0o4755, 0o400])),
    st.tuples(st.just("link"), st.sampled_from(["a", "/etc", "../b"])),
    st.tuples(st.just("same"), st.integers(0, 9)),
    st.tuples(st.just("pipe")),
)
NAMES = st.sampled_from(["a", "b", "a.b", "a b", os.fsdecode(b"\xff")])
TREES = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=4), lambda inner: st.dictionaries(NAMES, inner | LEAVES, max_size=4)
)


def make(tree: object, folder: Path, files: list[Path], time: int) -> None:
    """Files of the same content have the same time."""
    assert isinstance(tree, dict)
    folder.mkdir(exist_ok=True)
    for name, each in tree.items():
        path = folder / name
        match each:
            case dict():
                make(each, path, files, time)
            case ("file", bytes(data), int(bits)):
                path.write_bytes(data)
                path.chmod(bits)
                files.append(path)
            case ("same", int(number)) if files:
                os.link(files[number % len(files)], path)
            case ("link", str(target)):
                path.symlink_to(target)
            case ("pipe",):
                os.mkfifo(path)
            case _:
                path.touch()
        is_file = path.is_file() and not path.is_symlink()
        moment = time + crc32(path.read_bytes()) if is_file else time
        os.utime(path, ns=(moment, moment), follow_symlinks=False)


@settings(max_examples=60, deadline=None)
@given(TREES, TREES)
def test_what_came_before_changes_nothing_but_what_is_asked_for(before: object, now: object) -> None:
    with TemporaryDirectory() as place:
        first, second, kept, fresh = (Path(place, name) for name in ("first", "second", "kept", "fresh"))
        make(before, first, [], 10**18)
        make(now, second, [], 10**18)
        kept.mkdir()
        fresh.mkdir()
        asked = receive(first, kept)
        assert facts(kept) == facts(first)
        assert receive(first, kept) == []
        again = receive(second, kept)
        wanted = receive(second, fresh)
        assert facts(kept) == facts(fresh) == facts(second)
        assert set(again) <= set(wanted)
        alike = {path for path in asked if facts(first)[path] == facts(second).get(path)}
        alone = {path for path in alike if all((each / path).stat().st_nlink == 1 for each in (first, second))}
        assert not alone & set(again)


@pytest.mark.parametrize(
    "stats",
    [
        [told("")],
        [told("..")],
        [told("../a")],
        [told("/a")],
        [told("a/")],
        [told("a/b")],
        [told("a", FOLDER), told("a/..")],
        [told("a", FOLDER), told("a/../b")],
        [told("a", FOLDER), told("a//b")],
        [told("a\0")],
        [told("a"), told("a")],
        [told("a"), told("a/b")],
        [told("a", LINK, "/etc"), told("a/b")],
        [told("a", LINK, "/etc"), told("a", FOLDER), told("a/b")],
        [told("a", linkname="b")],
        [told("a", linkname="../b")],
        [told("a", FOLDER), told("b", linkname="a")],
        [told("b", linkname="a"), told("a")],
    ],
    ids=range(18),
)
def test_nothing_leads_out(stats: Iterable[Stat], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(Corrupt, match="the client sent"), Tree(str(tmp_path / "in")) as tree:
        for each in stats:
            tree.add(each)
    assert os.listdir(tmp_path) == ["in"]


@settings(max_examples=150, deadline=None)
@given(
    st.builds(
        Stat,
        path=st.sampled_from([b"a", b"d/a", b"\xff", b"x" * 300]),
        mode=st.sampled_from([FILE, FOLDER, LINK, PIPE, 1 << 26, 1 << 26 | 1 << 21, 1 << 24])
        | st.integers(0, 2**32 - 1),
        uid=st.integers(0, 2**32 - 1),
        gid=st.integers(0, 2**32 - 1),
        size=st.integers(-(2**63), 2**63 - 1),
        mod_time=st.integers(-(2**63), 2**63 - 1),
        linkname=st.sampled_from([b"", b"a", b"\0", b"/etc", b"x" * 5000]),
        devmajor=st.integers(-(2**63), 2**63 - 1) | st.integers(0, 4),
        devminor=st.integers(-(2**63), 2**63 - 1) | st.integers(0, 4),
        xattrs=st.dictionaries(st.sampled_from(["user.a", "user.\0", "security.capability", "", "user."]), st.binary()),
    )
)
def test_what_no_file_can_be(odd: Stat) -> None:
    """It is the client that is wrong, or the file system that cannot do it."""
    with TemporaryDirectory() as place, suppress(Corrupt, OSError), Tree(place) as tree:
        tree.add(told("d", FOLDER))
        tree.add(odd)
        tree.leave_empty()
        tree.finish()


def test_a_time_that_no_clock_has_told_does_not_say_that_a_file_is_the_same(tmp_path: Path) -> None:
    """Two projects whose clients say that they are one, each unpacked from an archive."""
    source, folder = tmp_path / "source", tmp_path / "folder"
    folder.mkdir()
    for text, time, asked in (
        (b"1.2.0", 499162500 * 10**9, {"empty", "version"}),
        (b"1.2.1", 499162500 * 10**9, {"version"}),
        (b"1.2.2", 10**18 + 1, {"empty", "version"}),
        (b"1.2.2", 10**18 + 1, set()),
    ):
        make({"version": ("file", text, 0o644), "empty": ("file", b"", 0o644)}, source, [], 0)
        for name in ("version", "empty"):
            os.utime(source / name, ns=(0, time))
        assert set(receive(source, folder)) == asked
        assert (folder / "version").read_bytes() == text


def test_a_link_of_before_is_no_folder_of_now(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "kept").touch()
    (inside / "a").symlink_to(outside)
    with Tree(str(inside)) as tree:
        tree.add(told("a", FOLDER))
        tree.add(told("a/b"))
        for data in (b"x", b""):
            tree.write(1, data)
        tree.finish()
    assert (inside / "a/b").read_bytes() == b"x"
    assert os.listdir(outside) == ["kept"]
    with Tree(str(inside)) as tree:
        tree.add(told("a", LINK, str(outside)))
        tree.finish()
    assert os.listdir(outside) == ["kept"]


@pytest.mark.parametrize("number", [1, 2, 7])
def test_a_file_that_nobody_has_asked_for(number: int, tmp_path: Path) -> None:
    with Tree(str(tmp_path)) as tree, pytest.raises(Corrupt, match="nobody has asked for"):
        tree.add(told("a"))
        tree.add(told("d", FOLDER))
        for data in (b"", b"again"):
            tree.write(number, data)


def test_a_file_is_sent_once(tmp_path: Path) -> None:
    with Tree(str(tmp_path)) as tree, pytest.raises(Corrupt, match="nobody has asked for"):
        tree.add(told("a"))
        for data in (b"x", b"", b"y"):
            tree.write(0, data)
    assert (tmp_path / "a").read_bytes() == b"x"


def test_too_many_files_at_once(tmp_path: Path) -> None:
    with Tree(str(tmp_path)) as tree, pytest.raises(Corrupt, match="too many files at once"):
        for number in range(100):
            tree.add(told(str(number)))
        for number in range(100):
            tree.write(number, b"x")


def test_what_is_told_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onggi.api.buildkit.session.tree._MOST_TOLD", 1 << 16)
    note = {"user.note": bytes(1000)}
    with Tree(str(tmp_path)) as tree, pytest.raises(Corrupt, match="too much of what they are"):
        for number in range(100):
            tree.add(Stat(path=str(number).encode(), mode=FILE, xattrs=note))


def test_what_was_left_in_the_middle_is_asked_for_again(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "folder"
    make({"d": {"a": ("file", b"whole", 0o600), "b": ("same", 0)}, "e": ("file", b"also", 0o644)}, source, [], 10**18)
    folder.mkdir()
    stats = list(entries(source))
    with Tree(str(folder)) as tree:
        for each in stats:
            tree.add(each)
        done, half = tree.wanted
        tree.write(done, b"whole")
        tree.write(done, b"")
        tree.write(half, b"also")
    assert receive(source, folder) == [os.fsdecode(stats[half].path)]
    assert facts(folder) == facts(source)


def test_attributes_of_a_host_are_left_out(tmp_path: Path) -> None:
    names = {"user.note": b"x", "trusted.overlay.opaque": b"y", "security.selinux": b"z"}
    with Tree(str(tmp_path)) as tree:
        tree.add(Stat(path=b"d", mode=FOLDER, xattrs=names))
        tree.finish()
    assert os.listxattr(tmp_path / "d") == ["user.note"]


def test_attributes_that_have_changed(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "folder"
    make({"a": ("file", b"x", 0o644)}, source, [], 10**18)
    folder.mkdir()
    receive(source, folder)
    os.setxattr(source / "a", "user.note", b"new")
    assert receive(source, folder) == ["a"]
    assert os.getxattr(folder / "a", "user.note") == b"new"


def test_a_file_is_written_over_but_none_that_has_another_name(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "folder"
    make({"a": ("file", b"longer", 0o4755), "b": ("file", b"longer too", 0o644)}, source, [], 10**18)
    folder.mkdir()
    receive(source, folder)
    os.link(folder / "b", tmp_path / "other")
    os.setxattr(folder / "a", "user.note", b"old")
    inode = (folder / "a").stat().st_ino
    make({"a": ("file", b"short", 0o600), "b": ("file", b"short", 0o644)}, source, [], 10**18 + 1)
    assert receive(source, folder) == ["a", "b"]
    assert facts(folder) == facts(source)
    assert (folder / "a").stat().st_ino == inode
    assert (tmp_path / "other").read_bytes() == b"longer too"


def test_what_was_written_before_the_machine_started_is_asked_for_again(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "folder"
    make({"a": ("file", b"x", 0o644)}, source, [], 10**18 + 1)
    folder.mkdir()
    receive(source, folder)
    written = (folder / "a").stat().st_ctime_ns
    assert receive(source, folder, written) == []
    assert receive(source, folder, written + 1) == ["a"]
