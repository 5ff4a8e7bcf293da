from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from onggi.dockerfile.mode import parse
from onggi.errors import Conflict, Corrupt, Invalid, Unavailable
from onggi.layer import whiteout
from onggi.layer.context import Context
from onggi.layer.earlier import Previous
from onggi.layer.pack import pack
from onggi.layer.place import Placed, Placement, make_directory, place
from onggi.layer.select import Selection, select
from onggi.layer.stat_cache import MemoryStatCache
from onggi.layer.union import Union
from onggi.oci import digest

from .trees import Link, Tree, look, make


class Bench:
    """A context, a base image and the layer that comes on top."""

    def __init__(self, root: Path) -> None:
        self.context = make(root / "context", {})
        self.base = make(root / "base", {})
        self.target = make(root / "layer", {})

    def select(self, *sources: str, unpack: bool = False) -> Selection:
        return select(Context(str(self.context)), sources, unpack=unpack)

    def copy(
        self,
        sources: str,
        destination: str,
        *,
        owner: tuple[int, int] | None = None,
        mode: int | None = None,
        unpack: bool = False,
        epoch: int | None = None,
    ) -> dict[str, str]:
        """The layer after COPY; sources are separated by spaces."""
        bits = None if mode is None else parse(f"{mode:o}")
        placement = Placement(destination=destination, owner=owner, mode=bits, epoch=epoch)
        selection = self.select(*sources.split(), unpack=unpack)
        self.placed = place([selection], Union([str(self.base)]), str(self.target), placement)
        return look(self.target)

    def status(self, path: str) -> os.stat_result:
        return (self.target / path).lstat()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


CONTEXT: Tree = {"a": "A", "b": "B", "dir/x": "X", "dir/sub/y": "Y", "dir/link": Link("nowhere"), "other/x": "other"}
USR: Tree = {"usr/bin/sh": "", "bin": Link("usr/bin")}


@pytest.mark.parametrize(
    ("base", "sources", "destination", "expected"),
    [
        ({}, "a", "/f", {"f": "A"}),
        ({}, "a", "/d/", {"d": "/", "d/a": "A"}),
        ({}, "a", "/d/.", {"d": "/", "d/a": "A"}),
        ({"d/old": "old"}, "a", "/d", {"d": "/", "d/a": "A"}),
        ({"f": "old"}, "a", "/f", {"f": "A"}),
        ({}, "a b", "/", {"a": "A", "b": "B"}),
        ({}, "a", "/x/y/z", {"x": "/", "x/y": "/", "x/y/z": "A"}),
        ({}, "dir", "/d", {"d": "/", "d/link": "→ nowhere", "d/sub": "/", "d/sub/y": "Y", "d/x": "X"}),
        ({"d/sub/old": ""}, "dir/sub", "/d/sub/", {"d": "/", "d/sub": "/", "d/sub/y": "Y"}),
        ({}, "dir/sub a", "/d/s", {"d": "/", "d/s": "/", "d/s/a": "A", "d/s/y": "Y"}),  # the folder made it one
        ({}, "dir other", "/d/", {"d": "/", "d/link": "→ nowhere", "d/sub": "/", "d/sub/y": "Y", "d/x": "other"}),
        ({}, "other dir", "/d", {"d": "/", "d/link": "→ nowhere", "d/sub": "/", "d/sub/y": "Y", "d/x": "X"}),
        ({}, "dir/[xs]*", "/d/", {"d": "/", "d/x": "X", "d/y": "Y"}),
        ({}, "[ab]", "/d/", {"d": "/", "d/a": "A", "d/b": "B"}),
        ({}, "a*", "/f", {"f": "A"}),
        ({}, "nothing*", "/d/", {}),
        (USR, "a", "/bin/", {"usr": "/", "usr/bin": "/", "usr/bin/a": "A"}),
        (USR, "other", "/bin", {"usr": "/", "usr/bin": "/", "usr/bin/x": "other"}),
        (USR, "a", "/bin/sh", {"usr": "/", "usr/bin": "/", "usr/bin/sh": "A"}),
        ({"d/a": Link("b")}, "a", "/d/", {"d": "/", "d/a": "A"}),
        ({"out": Link("../../../../tmp")}, "a", "/out/", {"tmp": "/", "tmp/a": "A"}),
        ({"out": Link("/missing")}, "a", "/out/x", {"missing": "/", "missing/x": "A"}),
    ],
)
def test_where_files_go(bench: Bench, base: Tree, sources: str, destination: str, expected: dict[str, str]) -> None:
    make(bench.context, CONTEXT)
    make(bench.base, base)
    assert bench.copy(sources, destination) == expected


@pytest.mark.parametrize(
    ("base", "sources", "destination", "message"),
    [
        ({"f": ""}, "dir", "/f", "cannot copy to non-directory: /f"),
        ({"f": ""}, "a", "/f/", "cannot copy to non-directory: /f"),
        ({"f": ""}, "a", "/f/x", "cannot copy to non-directory: /f"),
        ({"d/sub": "file"}, "dir", "/d", "cannot copy to non-directory: /d/sub"),
        ({"d/sub": Link("elsewhere"), "d/elsewhere": None}, "dir", "/d", "cannot copy to non-directory: /d/sub"),
        ({"d/a/deep": ""}, "a", "/d/", "cannot replace the folder /d/a with a file"),
        ({}, "a b", "/f", "several files cannot be copied to /f, which is not a folder"),
        ({}, "[ab]", "/f", "several files cannot be copied to /f"),
    ],
)
def test_what_cannot_be(bench: Bench, base: Tree, sources: str, destination: str, message: str) -> None:
    make(bench.context, CONTEXT)
    make(bench.base, base)
    with pytest.raises(Invalid, match=message):
        bench.copy(sources, destination)


def test_one_source_in_the_way_of_another(bench: Bench) -> None:
    make(bench.context, {"one/x": "file", "two/x/y": "folder"})
    with pytest.raises(Invalid, match="cannot copy to non-directory: /d/x"):
        bench.copy("one two", "/d/")


def test_one_source_in_the_way_of_another_the_other_way_round(bench: Bench) -> None:
    make(bench.context, {"one/x": "file", "two/x/y": "folder"})
    with pytest.raises(Invalid, match="cannot replace the folder /d/x with a file"):
        bench.copy("two one", "/d/")


def test_from_the_context_owner_is_root_and_mode_and_time_are_kept(bench: Bench) -> None:
    make(bench.context, {"dir/f": "x", "dir/l": Link("f"), "dir/inner": None})
    os.chown(bench.context / "dir/f", 1000, 1000)
    (bench.context / "dir/f").chmod(0o4751)
    (bench.context / "dir/inner").chmod(0o2770)
    os.utime(bench.context / "dir/f", ns=(1, 1234567890_123456789))
    os.utime(bench.context / "dir/inner", ns=(1, 987654321_000000001))
    bench.copy("dir", "/d")
    status = bench.status("d/f")
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 0, 0o4751)
    assert status.st_mtime_ns == 1234567890_123456789
    folder = bench.status("d/inner")
    assert (folder.st_uid, stat.S_IMODE(folder.st_mode), folder.st_mtime_ns) == (0, 0o2770, 987654321_000000001)
    assert bench.status("d/l").st_mtime_ns == (bench.context / "dir/l").lstat().st_mtime_ns
    assert bench.placed == Placed(files=2, bytes=1, contents={"/d/f": digest.of(b"x")})


def test_a_folder_whose_contents_are_copied_lends_nothing_to_the_destination(bench: Bench) -> None:
    make(bench.context, {"f": "x", "dir/g": "y"})
    bench.context.chmod(0o700)
    bench.copy(".", "/app")
    (bench.context / "dir").chmod(0o700)
    bench.copy("dir", "/owned", owner=(5, 6), mode=0o600)
    statuses = [bench.status(path) for path in ("app", "owned")]
    assert [stat.S_IMODE(status.st_mode) for status in statuses] == [0o755, 0o755]
    assert [(status.st_uid, status.st_gid) for status in statuses] == [(0, 0), (5, 6)]


def test_owner_mode_and_epoch_that_were_asked_for(bench: Bench) -> None:
    make(bench.context, {"dir/sub/f": "x", "dir/l": Link("f")})
    bench.copy("dir", "/new/d", owner=(5, 6), mode=0o640, epoch=1_700_000_000)
    for path in ("new/d", "new/d/sub", "new/d/sub/f", "new/d/l", "new"):
        status = bench.status(path)
        assert (status.st_uid, status.st_gid) == (5, 6), path
        assert status.st_mtime_ns == 1_700_000_000 * 10**9, path
    assert [stat.S_IMODE(bench.status(path).st_mode) for path in ("new/d/sub", "new/d/sub/f")] == [0o640] * 2
    # Nobody asked for these by name.
    assert [stat.S_IMODE(bench.status(path).st_mode) for path in ("new", "new/d")] == [0o755] * 2


def test_folders_of_the_base_are_made_again_as_they_are(bench: Bench) -> None:
    make(bench.context, {"f": "x", "dir/inner/g": "y"})
    make(bench.base, {"home/node/inner/old": "", "home/other": ""})
    (bench.base / "home/node").chmod(0o2750)
    os.chown(bench.base / "home/node", 1000, 1001)
    os.setxattr(bench.base / "home/node", "user.note", b"kept")
    for path in ("home/node", "home", "."):
        os.utime(bench.base / path, ns=(7, 7_000_000_000))
    bench.copy("f dir", "/home/node/", owner=(5, 5))
    status = bench.status("home/node")
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1000, 1001, 0o2750)
    assert os.getxattr(bench.target / "home/node", "user.note") == b"kept"
    assert [bench.status(path).st_mtime_ns for path in (".", "home", "home/node")] == [7_000_000_000] * 3
    assert bench.status("home/node/inner").st_uid == 5  # a folder that was copied, unlike its destination
    assert sorted(os.listdir(bench.target / "home")) == ["node"]


def image(root: Path, tree: Tree) -> Union:
    return Union([str(make(root, tree))])


def test_from_an_image_owners_attributes_and_hard_links_are_kept(tmp_path: Path, bench: Bench) -> None:
    source = image(tmp_path / "stage", {"app/one": "1", "app/other": "2"})
    stage = tmp_path / "stage"
    os.link(stage / "app/one", stage / "app/two")
    os.chown(stage / "app/one", 1000, 1001)
    (stage / "app/inner").mkdir()
    os.chown(stage / "app/inner", 1000, 1000)
    (stage / "app/one").chmod(0o6755)
    capability = bytes.fromhex("0100000200040000000000000000000000000000")
    os.setxattr(stage / "app/one", "security.capability", capability)
    os.mkfifo(stage / "app/fifo")
    os.mknod(stage / "app/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.setxattr(stage / "app/inner", "trusted.overlay.opaque", b"y")
    selection = select(source, ["app"])
    place([selection], Union([]), str(bench.target), Placement(destination="/x"))
    status = bench.status("x/one")
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1000, 1001, 0o6755)
    assert status.st_ino == bench.status("x/two").st_ino
    assert status.st_nlink == 2
    assert os.getxattr(bench.target / "x/one", "security.capability") == capability
    assert stat.S_ISFIFO(bench.status("x/fifo").st_mode)
    assert bench.status("x/null").st_rdev == os.makedev(1, 3)
    assert bench.status("x/inner").st_uid == 1000
    assert os.listxattr(bench.target / "x/inner") == []


def test_a_device_that_would_be_a_deletion_is_refused(bench: Bench) -> None:
    make(bench.context, {"d/f": ""})
    whiteout.make_whiteout(str(bench.context / "d/gone"))
    with pytest.raises(Invalid, match="d/gone is a character device 0/0"):
        bench.copy("d", "/d")


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 20_000_001])
def test_content_of_any_size(bench: Bench, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    make(bench.context, {"f": data[:size]})
    selection = bench.select("f")
    selection.digest(MemoryStatCache())
    placed = place([selection], Union([]), str(bench.target), Placement(destination="/f"))
    assert (bench.target / "f").read_bytes() == data[:size]
    assert placed == Placed(1, size, {"/f": digest.of(data[:size])})


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("size", [10, 3 << 20])
def test_a_source_that_changed_after_it_was_selected(bench: Bench, is_known: bool, size: int) -> None:
    make(bench.context, {"f": "x" * size})
    os.utime(bench.context / "f", (5, 5))
    selection = bench.select("f")
    if is_known:
        selection.digest(MemoryStatCache())
    (bench.context / "f").write_text("y" * size)
    os.utime(bench.context / "f", (5, 5))
    with pytest.raises(Conflict, match="f changed while it was read"):
        place([selection], Union([]), str(bench.target), Placement(destination="/f"))


@pytest.mark.parametrize("kind", ["gone", "link", "fifo"])
def test_a_source_that_became_something_else(bench: Bench, kind: str) -> None:
    make(bench.context, {"f": "", "secret": "s"})
    selection = bench.select("f")
    (bench.context / "f").unlink()
    if kind == "link":
        (bench.context / "f").symlink_to("secret")
    elif kind == "fifo":
        os.mkfifo(bench.context / "f")
    with pytest.raises(Conflict, match="f changed"):
        place([selection], Union([]), str(bench.target), Placement(destination="/f"))


def test_a_folder_that_became_a_link_leads_nowhere(bench: Bench) -> None:
    make(bench.context, {"d/f": "x"})
    make(bench.context.parent, {"secret/f": "x"})
    selection = bench.select("d")
    (bench.context / "d").rename(bench.context / "old")
    (bench.context / "d").symlink_to("../secret")
    with pytest.raises(Conflict, match="d/f changed"):
        place([selection], Union([]), str(bench.target), Placement(destination="/x"))


def test_a_writer_that_never_rests_gets_no_torn_file_in(bench: Bench) -> None:
    """Whatever the moment: either a Conflict, or exactly the bytes that the digest stands for."""
    make(bench.context, {"f": b"0" * 100_000})
    stop = threading.Event()

    def write() -> None:
        digit = 0
        while not stop.is_set():
            digit = (digit + 1) % 10
            (bench.context / "f").write_bytes(b"%d" % digit * 100_000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for attempt in range(20):
            target = make(bench.target / str(attempt), {})
            try:
                selection = bench.select("f")
                selection.digest(MemoryStatCache())
                place([selection], Union([]), str(target), Placement(destination="/f"))
            except Conflict:
                continue
            assert digest.of((target / "f").read_bytes()) == selection.contents["/f"]
    finally:
        stop.set()
        writer.join()


def test_equal_selections_make_equal_layers(tmp_path: Path) -> None:
    """The digest in the key stands for all that a layer gets: equal digests, equal tree digests."""
    trees: list[tuple[str, str]] = []
    for name in ("one", "two"):
        bench = Bench(tmp_path / name)
        make(bench.context, {"d/f": "x", "d/l": Link("f"), "g": "y"})
        os.utime(bench.context / "d/f", (len(trees), len(trees)))
        selection = bench.select("d", "g")
        key = selection.digest(MemoryStatCache())
        place([selection], Union([]), str(bench.target), Placement(destination="/to/"))
        trees.append((key, pack(str(bench.target)).tree_digest))
    assert trees[0] == trees[1]


# The snapshot of the version before


def test_unchanged_files_are_linked_with_the_previous_snapshot(bench: Bench, tmp_path: Path) -> None:
    same = {name: name for name in ("kept", "edited", "touched", "moded", "twin")}
    make(bench.context, same)
    os.link(bench.context / "twin", bench.context / "twin2")
    old, new, cold = (make(tmp_path / name, {}) for name in ("old", "new", "cold"))

    def copy(target: Path, previous: Previous | None) -> Placed:
        selection = bench.select(".")
        selection.digest(MemoryStatCache())
        return place([selection], Union([]), str(target), Placement(destination="/app"), previous)

    first = copy(old, None)
    (bench.context / "edited").write_text("EDITED")
    os.utime(bench.context / "touched", (1, 1))
    (bench.context / "moded").chmod(0o755)
    (bench.context / "twin2").unlink()
    (bench.context / "twin2").write_text("twin")
    os.utime(bench.context / "twin2", ns=(1, (bench.context / "twin").stat().st_mtime_ns))
    second = copy(new, Previous(str(old), first.contents))
    assert second == copy(cold, None)
    assert pack(str(new)).diff_id == pack(str(cold)).diff_id
    linked = {
        path.name for path in (new / "app").iterdir() if path.stat().st_ino == (old / "app" / path.name).stat().st_ino
    }
    assert linked == {"kept", "twin"}
    assert (old / "app/edited").read_text() == "edited"


def test_a_previous_snapshot_that_is_gone(bench: Bench) -> None:
    make(bench.context, {"f": "x"})
    selection = bench.select("f")
    selection.digest(MemoryStatCache())
    previous = Previous("/nowhere", {"/f": digest.of(b"x")})
    place([selection], Union([]), str(bench.target), Placement(destination="/f"), previous)
    assert look(bench.target) == {"f": "x"}


# WORKDIR


def test_make_directory(bench: Bench) -> None:
    make(bench.base, {"srv/old": "", "lib": Link("usr/lib"), "usr/lib": None, "file": ""})
    base = Union([str(bench.base)])
    assert make_directory(base, str(bench.target), "/srv", (5, 5)) is False
    assert make_directory(base, str(bench.target), "/", (5, 5)) is False
    assert make_directory(base, str(bench.target), "/lib", (5, 5)) is False
    assert look(bench.target) == {}
    assert make_directory(base, str(bench.target), "/lib/app/data", (1000, 1000), epoch=9) is True
    assert look(bench.target) == {"usr": "/", "usr/lib": "/", "usr/lib/app": "/", "usr/lib/app/data": "/"}
    owners = {path: bench.status(path).st_uid for path in ("usr/lib", "usr/lib/app", "usr/lib/app/data")}
    assert owners == {"usr/lib": 0, "usr/lib/app": 1000, "usr/lib/app/data": 1000}
    assert bench.status("usr/lib/app").st_mtime == 9
    with pytest.raises(Invalid, match="non-directory: /file"):
        make_directory(base, str(bench.target), "/file/x", (0, 0))


def test_make_directory_on_scratch(bench: Bench) -> None:
    assert make_directory(Union([]), str(bench.target), "/app", (0, 0)) is True
    assert stat.S_IMODE(bench.target.stat().st_mode) == 0o755


# ADD of a tar


def tar_of(members: Callable[[tarfile.TarFile], None]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        members(archive)
    return out.getvalue()


def add(archive: tarfile.TarFile, name: str, content: bytes | None = b"", **fields: object) -> None:
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
    info.mode = 0o755 if content is None else 0o644
    info.size = len(content or b"")
    info.mtime = 1000
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(content or b""))


def sample(archive: tarfile.TarFile) -> None:
    add(archive, "bin", None, mode=0o700)
    add(archive, "bin/tool", b"tool", uid=7, gid=8)
    add(archive, "etc/conf", b"conf")
    add(archive, "bin/same", type=tarfile.LNKTYPE, linkname="bin/tool")
    add(archive, "bin/link", type=tarfile.SYMTYPE, linkname="tool")


SAMPLE = {"bin": "/", "bin/link": "→ tool", "bin/same": "tool", "bin/tool": "tool", "etc": "/", "etc/conf": "conf"}


@pytest.mark.parametrize(
    "compress",
    [bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.compress],
    ids=["plain", "gzip", "bzip2", "xz", "zstd"],
)
def test_add_unpacks_a_tar_whatever_its_name(bench: Bench, compress: Callable[[bytes], bytes]) -> None:
    make(bench.context, {"a.dat": compress(tar_of(sample))})
    assert bench.copy("a.dat", "/", unpack=True) == SAMPLE
    assert bench.placed == Placed(files=4, bytes=12)
    status = bench.status("bin/tool")
    assert (status.st_uid, status.st_gid, status.st_mtime, status.st_nlink) == (7, 8, 1000, 2)
    assert stat.S_IMODE(bench.status("bin").st_mode) == 0o700


def test_copy_does_not_unpack(bench: Bench) -> None:
    data = tar_of(sample)
    make(bench.context, {"a.tar": data})
    place([bench.select("a.tar")], Union([]), str(bench.target), Placement(destination="/x/"))
    assert (bench.target / "x/a.tar").read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [b"", b"text", gzip.compress(b"text", mtime=0), gzip.compress(tar_of(sample), mtime=0)[:20], bytes(2048)],
    ids=["empty", "text", "gzip of text", "cut gzip of a tar", "zeros"],
)
def test_add_copies_what_is_no_tar(bench: Bench, data: bytes) -> None:
    make(bench.context, {"a.tar.gz": data})
    place([bench.select("a.tar.gz", unpack=True)], Union([]), str(bench.target), Placement(destination="/x/"))
    assert (bench.target / "x/a.tar.gz").read_bytes() == data


def test_add_names_a_tar_that_is_cut_short(bench: Bench) -> None:
    make(bench.context, {"sub/a.tar.gz": gzip.compress(tar_of(sample), mtime=0)[:-20]})
    with pytest.raises(Corrupt, match=r"^sub/a\.tar\.gz cannot be unpacked: the gzip data end too early"):
        bench.copy("sub/a.tar.gz", "/", unpack=True)


def test_add_merges_with_the_base(bench: Bench) -> None:
    make(bench.context, {"a.tar": tar_of(sample)})
    make(bench.base, {"bin": Link("usr/bin"), "usr/bin/tool": "old", "usr/bin/sh": "sh", "etc/conf/was-a-folder": ""})
    (bench.base / "etc").chmod(0o711)
    found = bench.copy("a.tar", "/", unpack=True)
    assert found == {
        "etc": "/",
        "etc/conf": "conf",
        "usr": "/",
        "usr/bin": "/",
        "usr/bin/link": "→ tool",
        "usr/bin/same": "tool",
        "usr/bin/tool": "tool",
    }
    assert stat.S_IMODE(bench.status("usr/bin").st_mode) == 0o700  # as the tar says
    assert stat.S_IMODE(bench.status("etc").st_mode) == 0o711  # the tar says nothing of it
    merged = Union([str(bench.target), str(bench.base)])
    assert merged.read_text("/bin/tool") == "tool"
    assert merged.read_text("/etc/conf") == "conf"


def test_add_of_two_tars_that_meet(bench: Bench) -> None:
    def second(archive: tarfile.TarFile) -> None:
        add(archive, "bin/tool", b"newer")
        add(archive, "bin/more", b"more")

    make(bench.context, {"a.tar": tar_of(sample), "b.tar": tar_of(second), "plain": "plain"})
    found = bench.copy("a.tar b.tar plain", "/x/bin/../", unpack=True)
    assert found["x/bin/tool"] == "newer"
    assert found["x/bin/same"] == "tool"
    assert found["x/bin/more"] == "more"
    assert found["x/plain"] == "plain"
    assert stat.S_IMODE(bench.status("x/bin").st_mode) == 0o700


def test_add_of_several_tars_by_pattern(bench: Bench) -> None:
    make(bench.context, {"a.tar": tar_of(sample), "b.tar": tar_of(sample)})
    assert "x/bin/tool" in bench.copy("*.tar", "/x", unpack=True)


def test_add_with_an_owner(bench: Bench) -> None:
    make(bench.context, {"a.tar": tar_of(sample)})
    bench.copy("a.tar", "/x", owner=(5, 6), unpack=True)
    assert {bench.status(f"x/{path}").st_uid for path in ("bin", "bin/tool", "bin/link", "etc/conf")} == {5}


def test_add_of_a_tar_that_would_climb_out(bench: Bench) -> None:
    make(bench.context, {"a.tar": tar_of(lambda archive: add(archive, "../../evil", b"evil"))})
    with pytest.raises(Invalid, match="evil"):
        bench.copy("a.tar", "/x", unpack=True)


def test_add_of_a_tar_with_deletions(bench: Bench) -> None:
    make(bench.context, {"a.tar": tar_of(lambda archive: add(archive, "etc/.wh.passwd"))})
    with pytest.raises(Invalid, match=r"a\.tar cannot be unpacked: it marks 'etc/passwd' as deleted"):
        bench.copy("a.tar", "/x", unpack=True)


def test_add_of_a_tar_that_was_cut_short(bench: Bench) -> None:
    make(bench.context, {"a.tgz": gzip.compress(tar_of(sample))[:-30]})
    with pytest.raises(Corrupt):
        bench.copy("a.tgz", "/x", unpack=True)


def test_nothing_is_left_beside_the_layer(bench: Bench) -> None:
    make(bench.context, {"a.tar": tar_of(sample)})
    bench.copy("a.tar", "/x", unpack=True)
    assert sorted(os.listdir(bench.target.parent)) == ["base", "context", "layer"]


def test_a_full_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    make(bench.context, {"f": "x"})

    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)  # the one thing here that cannot be had for real
    with pytest.raises(Unavailable, match="/f: the disk is full"):
        bench.copy("f", "/f")


def test_a_name_that_is_too_long(bench: Bench) -> None:
    make(bench.context, {"f": "x"})
    with pytest.raises(Invalid, match="the name is too long"):
        bench.copy("f", f"/{'x' * 300}/")
