"""Tars into trees that are in use."""

from __future__ import annotations

import io
import os
import socket
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onggi.errors import Conflict, Corrupt, Invalid, OnggiError
from onggi.layer import live
from onggi.layer.accounts import Owner
from onggi.layer.extract import NOBODY, Extraction, extract
from onggi.layer.source import Source
from onggi.layer.stream import Pieces, stream
from onggi.layer.stream_hash import CHUNK
from onggi.linux import syscalls
from onggi.linux.root import Root

from .items import CAPABILITY, Item, Items, make, read, read_below, trees
from .test_unpack_fuzz import hostile, watched


def pieces_of(folder: Path, path: bytes = b".") -> Iterator[bytes]:
    top = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield from stream(live.entries(top, b".", path))
    finally:
        os.close(top)


def put(
    data: bytes | Iterator[bytes], root: Path, folder: str = "/", owner: Owner | None = None, replaces: bool = False
) -> int:
    """Bytes of the files that came."""
    counts: list[int] = []
    top = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        source = Source(io.BytesIO(data) if isinstance(data, bytes) else Pieces(data))
        how = Extraction(root=Root(top), folder=folder, owner=owner, replaces_folders=replaces, on_bytes=counts.append)
        extract(source, how)
    finally:
        os.close(top)
    return sum(counts)


def tar_of(*members: tuple[str, bytes, str | bytes]) -> bytes:
    """(name, type, content or link) → a tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if isinstance(content, bytes):
                info.size = len(content)
            else:
                info.linkname = content
            tar.addfile(info, io.BytesIO(content if isinstance(content, bytes) else b""))
    return out.getvalue()


FILE, FOLDER, LINK, HARD, PIPE = b"0", b"5", b"2", b"1", b"6"


@given(items=trees())
@settings(max_examples=60, deadline=None)
def test_what_goes_out_comes_in_again(items: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = make(Path(place, "from"), items)
        target = Path(place, "to")
        target.mkdir()
        put(pieces_of(folder), target)
        assert read_below(target) == read_below(folder)


@given(items=trees(), before=trees())
@settings(max_examples=60, deadline=None)
def test_onto_a_tree_or_not_at_all(items: Items, before: Items) -> None:
    """What is there and not in the tar stays; what is in both is as in the tar."""
    with tempfile.TemporaryDirectory() as place:
        folder, target = make(Path(place, "from"), items), make(Path(place, "to"), before)
        old, new = read_below(target), read_below(folder)
        try:
            put(pieces_of(folder), target)
        except Invalid as error:
            assert "cannot overwrite" in error.message
            return
        found = read_below(target)
        del found["(links)"]
        for path, facts in found.items():
            wanted = new.get(path, old.get(path))
            if wanted is not None and stat.S_ISDIR(wanted[0]):  # type: ignore[arg-type]
                # The times of folders that only hold something new change; attributes of two are together.
                facts, wanted = facts[:3], wanted[:3]
            assert facts == wanted, path


def test_a_folder_is_merged_and_gets_what_the_tar_says(tmp_path: Path) -> None:
    target = make(tmp_path / "t", {b"d/old": Item("f", b"old"), b"d/same": Item("f", b"old")})
    put(
        pieces_of(make(tmp_path / "s", {b"d": Item("d", mode=0o700, uid=7, mtime=99), b"d/same": Item("f", b"new")})),
        target,
    )
    assert (target / "d/old").read_bytes() == b"old" and (target / "d/same").read_bytes() == b"new"
    status = (target / "d").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_mtime) == (0o700, 7, 99)


def test_the_folder_itself_keeps_its_attributes(tmp_path: Path) -> None:
    source = make(tmp_path / "s", {b"f": Item("f")})
    source.chmod(0o700)
    target = make(tmp_path / "t", {})
    put(pieces_of(source), target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    "before, entry, said",
    [
        ({b"x": Item("f")}, ("x", FOLDER, b""), """cannot overwrite non-directory "/x" with directory 'x/'"""),
        ({b"x": Item("l", b"d"), b"d": Item("d")}, ("x", FOLDER, b""), "non-directory \"/x\" with directory 'x/'"),
        ({b"x/y": Item("f")}, ("x", FILE, b""), """cannot overwrite directory "/x" with non-directory 'x'"""),
        ({b"x": Item("d")}, ("x", LINK, "y"), """cannot overwrite directory "/x" with non-directory 'x'"""),
    ],
)
def test_folders_and_files_do_not_give_way_to_each_other(
    tmp_path: Path, before: Items, entry: tuple[str, bytes, str | bytes], said: str
) -> None:
    target = make(tmp_path / "t", before)
    facts = read_below(target)
    with pytest.raises(Invalid) as caught:
        put(tar_of(entry), target)
    assert said in caught.value.message
    assert read_below(target) == facts
    put(tar_of(entry), target, replaces=True)
    assert stat.S_ISDIR(os.lstat(target / "x").st_mode) == (entry[1] == FOLDER)


def test_owners_are_the_tars_or_someone_elses(tmp_path: Path) -> None:
    source = make(
        tmp_path / "s",
        {b"f": Item("f", uid=5, gid=6, mode=0o4755), b"d": Item("d", uid=5), b"l": Item("l", b"f", uid=5)},
    )
    for name, owner, wanted in (("a", None, {5}), ("b", (8, 9), {8}), ("c", NOBODY, {os.geteuid()})):
        target = make(tmp_path / name, {})
        put(pieces_of(source), target, owner=owner)
        assert {os.lstat(each).st_uid for each in target.iterdir()} == wanted
        assert stat.S_IMODE((target / "f").stat().st_mode) == 0o4755
    there = make(tmp_path / "there", {b"d": Item("d", uid=3)})
    put(pieces_of(source), there, owner=NOBODY)
    assert (there / "d").stat().st_uid == 3


def test_missing_folders_are_made_and_links_on_the_way_followed(tmp_path: Path) -> None:
    target = make(tmp_path / "t", {b"usr/bin": Item("d"), b"bin": Item("l", b"/usr/bin"), b"c/x": Item("d")})
    put(tar_of(("bin/tool", FILE, b"x"), ("a/b/c", FILE, b"y"), ("./c/./z", FILE, b"z")), target)
    assert (target / "usr/bin/tool").read_bytes() == b"x"
    assert (target / "a/b/c").read_bytes() == b"y" and stat.S_IMODE((target / "a").stat().st_mode) == 0o755
    assert (target / "c/z").exists()


def test_beneath_a_folder_of_the_root(tmp_path: Path) -> None:
    target = make(tmp_path / "t", {b"srv/here": Item("d"), b"there": Item("d")})
    put(tar_of(("f", FILE, b"x"), ("to", LINK, "/there"), ("to/g", FILE, b"y")), target, "/srv/here")
    assert (target / "srv/here/f").exists()
    assert (target / "there/g").exists(), "an absolute link leads from the root, not from the folder"


def test_hard_links(tmp_path: Path) -> None:
    target = make(tmp_path / "t", {b"old": Item("f", b"old"), b"b": Item("f")})
    put(tar_of(("a", FILE, b"x"), ("b", HARD, "a"), ("c", HARD, "/old")), target)
    assert os.path.samefile(target / "a", target / "b") and os.path.samefile(target / "c", target / "old")
    with pytest.raises(Invalid, match="a hard link to 'nowhere', which is not there"):
        put(tar_of(("d", HARD, "nowhere")), target)


def test_zeros_become_holes(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "t").mkdir()
    data = bytes(8 * CHUNK) + b"x" + bytes(3 * CHUNK)
    (tmp_path / "s/f").write_bytes(data)
    assert put(pieces_of(tmp_path / "s"), tmp_path / "t") == len(data)
    assert (tmp_path / "t/f").read_bytes() == data
    assert (tmp_path / "t/f").stat().st_blocks * 512 <= 3 * CHUNK


def test_capabilities_survive_the_change_of_owner(tmp_path: Path) -> None:
    source = make(tmp_path / "s", {b"f": Item("f", mode=0o755, uid=5, xattrs={"security.capability": CAPABILITY})})
    target = make(tmp_path / "t", {})
    put(pieces_of(source), target)
    assert os.getxattr(target / "f", "security.capability") == CAPABILITY


def test_nothing_comes_of_nothing(tmp_path: Path) -> None:
    assert put(b"", tmp_path) == 0 and put(bytes(1024), tmp_path) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"garbage", tar_of(("f", FILE, b"x" * 5000))[:3000], tar_of(("f", FILE, b"x"))[:100]])
def test_what_is_no_whole_tar_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Corrupt):
        put(data, tmp_path)


# Attacks.


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """What must not be touched, and is looked at afterwards."""
    folder = make(tmp_path / "outside", {b"etc/passwd": Item("f", b"untouched"), b"empty": Item("d")})
    before = read(folder)
    yield folder
    assert read(folder) == before


Entry = tuple[str, bytes, str | bytes]

HOSTILE: dict[str, list[Entry]] = {
    "name climbs": [("../outside/new", FILE, b"x")],
    "name climbs later": [("a/../../outside/new", FILE, b"x")],
    "link climbs": [("l", LINK, "../outside"), ("l/new", FILE, b"x")],
    "link climbs far": [("l", LINK, "../" * 40), ("l/new", FILE, b"x")],
    "link of a link": [("a", LINK, ".."), ("b", LINK, "a/.."), ("b/outside/new", FILE, b"x")],
    "file through a link": [("l", LINK, "../outside/etc/passwd"), ("l", FILE, b"x")],
    "folder over a link": [("l", LINK, "../outside/empty"), ("l", FOLDER, b""), ("l/new", FILE, b"x")],
    "hard link climbs": [("h", HARD, "../outside/etc/passwd"), ("h", FILE, b"x")],
    "hard link through a link": [("l", LINK, "../outside/etc"), ("h", HARD, "l/passwd")],
    "times through a link": [
        ("d", FOLDER, b""),
        ("d/x", FILE, b""),
        ("e", LINK, "../outside/empty"),
        ("e", FOLDER, b""),
    ],
}


def _absolute(outside: Path) -> Callable[[Entry], Entry]:
    """Links to the outside by its path on the host."""

    def changed(entry: Entry) -> Entry:
        name, kind, content = entry
        is_link = kind == LINK and isinstance(content, str) and content.startswith("../outside")
        return (name, kind, f"{outside}{str(content).removeprefix('../outside')}") if is_link else entry

    return changed


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_tar_touches_nothing_outside(tmp_path: Path, outside: Path, name: str) -> None:
    root = make(tmp_path / "root", {})
    relative = tar_of(*HOSTILE[name])
    for data in (relative, tar_of(*map(_absolute(outside), HOSTILE[name]))):
        with suppress(OnggiError):
            put(data, root)


@given(first=hostile(), second=hostile(), replaces=st.booleans())
@settings(max_examples=200, deadline=None)
def test_whatever_a_tar_says_nothing_outside_is_touched(first: bytes, second: bytes, replaces: bool) -> None:
    """The second meets what the first has left, and links to the outside."""
    with watched() as root:
        (root / "b").symlink_to(root.parent / "outside")
        (root / "x").symlink_to("../outside/d")
        for data in (first, second):
            try:
                put(data, root, replaces=replaces)
            except OnggiError as error:
                assert str(error) and "\n" not in str(error)


def test_links_that_are_there_lead_nowhere_outside(tmp_path: Path, outside: Path) -> None:
    root = make(tmp_path / "root", {b"abs": Item("l", os.fsencode(outside)), b"rel": Item("l", b"../outside")})
    for name in ("abs", "rel"):
        put(tar_of((f"{name}/empty/new", FILE, b"x")), root)
    assert (root / "outside/empty/new").exists() and (root / str(outside)[1:] / "empty/new").exists()


class Swapping:
    """A root in which a folder is turned into a link to the outside right after it was found."""

    def __init__(self, root: Root, victim: Path, outside: Path) -> None:
        self._root, self._victim, self._outside = root, victim, outside

    def open(self, path: str, flags: int) -> int:
        found = self._root.open(path, flags)
        self._swap()
        return found

    def folder(self, path: str) -> int:
        found = self._root.folder(path)
        self._swap()
        return found

    def _swap(self) -> None:
        if self._victim.is_dir() and not self._victim.is_symlink():
            self._victim.rename(self._victim.with_name("moved"))
            self._victim.symlink_to(self._outside)


@pytest.mark.parametrize(
    "entry", [("d/new", FILE, b"x"), ("d/sub", FOLDER, b""), ("d/p", PIPE, b""), ("d/l", LINK, "x")]
)
def test_a_folder_that_becomes_a_link_is_still_the_folder(
    tmp_path: Path, outside: Path, entry: tuple[str, bytes, str | bytes]
) -> None:
    root = make(tmp_path / "root", {b"d/old": Item("f")})
    top = os.open(root, os.O_PATH)
    swapping = Swapping(Root(top), root / "d", outside)
    extract(Source(io.BytesIO(tar_of(entry))), Extraction(root=swapping, folder="/"))
    os.close(top)
    assert (root / "moved" / entry[0].removeprefix("d/")).is_symlink() or (root / "moved" / entry[0][2:]).exists()


def test_a_file_that_something_is_mounted_on_is_told(tmp_path: Path) -> None:
    """As /etc/hosts of a container is."""
    root = make(tmp_path / "root", {b"hosts": Item("f", b"old")})
    syscalls.mount(str(root / "hosts"), str(root / "hosts"), flags=syscalls.MS_BIND)
    try:
        with pytest.raises(OnggiError, match="'hosts': something is mounted there"):
            put(tar_of(("hosts", FILE, b"new")), root)
    finally:
        syscalls.unmount(str(root / "hosts"))


def test_a_socket_gives_way(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        put(tar_of(("s", FILE, b"x")), tmp_path)
        assert (tmp_path / "s").read_bytes() == b"x"


def test_a_folder_that_has_a_mount_in_it_does_not_give_way(tmp_path: Path) -> None:
    """Else what is in a volume would be removed."""
    for name in ("root/d/volume", "volume"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "volume/file").write_text("kept")
    syscalls.mount(str(tmp_path / "volume"), str(tmp_path / "root/d/volume"), flags=syscalls.MS_BIND)
    try:
        with pytest.raises(Conflict, match="something is mounted there"):
            put(tar_of(("d", FILE, b"new")), tmp_path / "root", replaces=True)
    finally:
        syscalls.unmount(str(tmp_path / "root/d/volume"))
    assert (tmp_path / "volume/file").read_text() == "kept"
    put(tar_of(("d", FILE, b"new")), tmp_path / "root", replaces=True)
