from __future__ import annotations

import hashlib
import io
import os
import socket
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from onggi.errors import Conflict, Invalid, Unsupported
from onggi.layer.pack import Packed, pack, pack_entries
from onggi.layer.removal import remove
from onggi.layer.unpack import unpack
from onggi.layer.walk import layer_entries

from .items import CAPABILITY, Item, Items, make, read_below, trees


def packed(folder: Path) -> tuple[bytes, Packed]:
    out = io.BytesIO()
    result = pack(str(folder), out.write)
    return out.getvalue(), result


def members(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: member for member in archive}


EVERYTHING: Items = {
    b"bin": Item("d", mode=0o755),
    b"bin/ping": Item("f", b"ping", mode=0o755, xattrs={"security.capability": CAPABILITY}),
    b"bin/su": Item("f", b"su", mode=0o4755),
    b"bin/sh": Item("l", b"ping"),
    b"bin/zz": Item("h", b"bin/ping"),
    b"dev": Item("d", mode=0o755),
    b"dev/null": Item("c", mode=0o666, device=(1, 3)),
    b"dev/sda": Item("b", mode=0o660, gid=6, device=(8, 0)),
    b"run": Item("d", mode=0o1777, uid=1000, gid=1000),
    b"run/pipe": Item("p", mode=0o600),
    b"run/old": Item("w"),
    b"srv": Item("d", mode=0o755, is_opaque=True),
    b"srv/" + b"long" * 40: Item("f", b"x", mtime=-1, uid=3_000_000),
    "srv/사과".encode(): Item("f", b"apple" * 300, xattrs={"user.note": b"a=b\nc"}),
}


def test_what_packs_and_unpacks_is_the_same_tree(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", EVERYTHING)
    data, result = packed(folder)
    again = tmp_path / "b"
    again.mkdir()
    assert unpack(io.BytesIO(data), str(again)) == result
    assert read_below(again) == read_below(folder)
    assert packed(again) == (data, result)


@given(tree=trees(is_layer=True))
@settings(max_examples=60, deadline=None)
def test_out_and_in_gives_the_same_tree(tree: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = make(Path(place, "a"), tree)
        data, result = packed(folder)
        again = Path(place, "b")
        again.mkdir()
        assert unpack(io.BytesIO(data), str(again)) == result
        assert read_below(again) == read_below(folder)
        assert packed(again) == (data, result)


def test_the_bytes_are_canonical(tmp_path: Path) -> None:
    one = make(tmp_path / "one", EVERYTHING)
    other = make(tmp_path / "other", dict(reversed(list(EVERYTHING.items()))))
    assert packed(one) == packed(other)
    data, result = packed(one)
    assert result.diff_id == "sha256:" + hashlib.sha256(data).hexdigest()
    assert result.size == len(data)
    assert data.endswith(bytes(1024)) and data[-1536:-1024].strip(b"\0")
    for member in members(data).values():
        assert (member.uname, member.gname) == ("", "")


def test_names_are_in_order_and_folders_before_their_contents(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {name: Item("f") for name in (b"a-b", b"a/x", b"a.c", b"B", b"a/a")})
    assert list(members(packed(folder)[0])) == ["B", "a", "a/a", "a/x", "a-b", "a.c"]


def test_pax_only_where_it_is_needed(tmp_path: Path) -> None:
    plain: Items = {
        b"n" * 100: Item("f"),
        b"d" * 90 + b"/" + b"e" * 60 + b"/" + b"n" * 100: Item("f"),
        b"id": Item("f", uid=0o7777777, gid=0o7777777),
        b"link": Item("l", b"t" * 100),
    }
    assert b"PaxHeader" not in packed(make(tmp_path / "plain", plain))[0]
    special: dict[str, Items] = {
        "path": {b"n" * 101: Item("f")},
        "linkpath": {b"link": Item("l", b"t" * 101)},
        "uid": {b"a": Item("f", uid=0o10000000)},
        "mtime": {b"a": Item("f", mtime=-1)},
        "SCHILY.xattr.user.k": {b"a": Item("f", xattrs={"user.k": b"v"})},
    }
    for key, tree in special.items():
        data = packed(make(tmp_path / key, tree))[0]
        (member,) = members(data).values()
        assert list(member.pax_headers) == [key]


def test_whiteouts_have_their_tar_form(tmp_path: Path) -> None:
    data, _ = packed(make(tmp_path / "a", EVERYTHING))
    listed = list(members(data))
    assert "run/.wh.old" in listed and "run/old" not in listed
    assert listed[listed.index("srv") + 1] == "srv/.wh..wh..opq"


def test_whiteouts_that_share_an_inode_are_not_hard_links(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {b"x": Item("w")})
    os.link(folder / "x", folder / "y")
    assert [(m.name, m.type) for m in members(packed(folder)[0]).values()] == [(".wh.x", b"0"), (".wh.y", b"0")]


def test_sub_second_times_are_dropped(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {b"a": Item("f"), b"b": Item("f")})
    os.utime(folder / "a", ns=(0, 5_999_999_999))
    os.utime(folder / "b", ns=(0, -1))
    times = {name: member.mtime for name, member in members(packed(folder)[0]).items()}
    assert times == {"a": 5, "b": -1}


def test_an_ordinary_root_is_no_entry_and_another_is(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {})
    assert packed(folder)[0] == bytes(1024)
    folder.chmod(0o700)
    (root,) = members(packed(folder)[0]).values()
    assert (root.name, root.mode) == (".", 0o700)
    again = tmp_path / "b"
    again.mkdir()
    unpack(io.BytesIO(packed(folder)[0]), str(again))
    assert again.stat().st_mode & 0o7777 == 0o700


def test_sockets_are_left_out(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {b"f": Item("f")})
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s"))
    assert list(members(packed(folder)[0])) == ["f"]


def test_host_labels_and_overlay_marks_stay_at_home(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {b"d": Item("d", xattrs={"user.k": b"v", "trusted.overlay.impure": b"y"})})
    (member,) = members(packed(folder)[0]).values()
    assert list(member.pax_headers) == ["SCHILY.xattr.user.k"]


def test_an_incomplete_overlay_folder_is_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {b"d": Item("d", xattrs={"trusted.overlay.redirect": b"/elsewhere"})})
    with pytest.raises(Unsupported, match="'d' was written by an overlay mounted with redirect_dir"):
        packed(folder)


def test_a_name_that_means_a_whiteout_is_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {b"d/.wh.x": Item("f")})
    with pytest.raises(Invalid, match=r"'d/\.wh\.x' cannot be in a layer"):
        packed(folder)


def test_a_long_file_and_a_sparse_one(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", {b"long": Item("f", os.urandom(3_000_001))})
    with open(folder / "sparse", "wb") as file:
        file.truncate(5_000_000)
    data, result = packed(folder)
    assert result.file_bytes == 8_000_001
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for name in ("long", "sparse"):
            content = archive.extractfile(name)
            assert content is not None and content.read() == (folder / name).read_bytes()


def test_a_file_that_changes_meanwhile_is_a_conflict(tmp_path: Path) -> None:
    for number, size in enumerate((100, 3_000_000)):
        folder = make(tmp_path / f"a{number}", {b"f": Item("f", bytes(size))})
        for length in (size - 1, size + 1):
            (before,) = layer_entries(os.fsencode(folder))
            os.truncate(folder / "f", length)
            with pytest.raises(Conflict, match="'f' changed while it was being packed"):
                pack_entries([before])
            os.truncate(folder / "f", size)
        (folder / "f").unlink()
        with pytest.raises(Conflict, match="'f': it went away meanwhile"):
            pack_entries([before])


def test_what_the_sink_says_is_not_mistaken_for_the_disk(tmp_path: Path) -> None:
    def full(block: bytes) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        pack(str(make(tmp_path / "a", {b"f": Item("f", bytes(3_000_000))})), full)


def test_a_tree_deeper_than_a_path_may_be_long_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    here = os.open(root, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("n" * 200, dir_fd=here)
        below = os.open("n" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    with pytest.raises(Invalid, match="the name is too long"):
        pack(str(root))
    remove(str(root))


def test_tree_digest_is_blind_to_times_and_links_but_to_nothing_else(tmp_path: Path) -> None:
    def digest(name: str, tree: Items) -> str:
        return pack(str(make(tmp_path / name, tree))).tree_digest

    base: Items = {b"a": Item("f", b"x"), b"b": Item("f", b"x"), b"d": Item("d", mode=0o755)}
    same = [{**base, b"a": Item("f", b"x", mtime=5)}, {**base, b"b": Item("h", b"a")}]
    other: list[Items] = [
        {**base, b"a": Item("f", b"y")},
        {**base, b"a": Item("f", b"x", mode=0o755)},
        {**base, b"a": Item("f", b"x", uid=1)},
        {**base, b"a": Item("f", b"x", xattrs={"user.k": b"v"})},
        {**base, b"a": Item("w")},
        {**base, b"a": Item("l", b"x")},
        {**base, b"d": Item("d", mode=0o755, is_opaque=True)},
        {b"a": Item("f", b"x"), b"d": Item("d", mode=0o755)},
    ]
    expected = digest("base", base)
    assert all(digest(f"same{number}", tree) == expected for number, tree in enumerate(same))
    others = [digest(f"other{number}", tree) for number, tree in enumerate(other)]
    assert len({expected, *others}) == len(other) + 1


def test_gnu_tar_reads_what_we_write(tmp_path: Path) -> None:
    plain = {path: replace(item, is_opaque=False) for path, item in EVERYTHING.items() if item.kind != "w"}
    folder = make(tmp_path / "a", plain)
    (tmp_path / "a.tar").write_bytes(packed(folder)[0])
    again = tmp_path / "b"
    again.mkdir()
    options = ["--numeric-owner", "--xattrs", "--xattrs-include=*", "-p"]
    subprocess.run(["tar", "-C", again, *options, "-xf", tmp_path / "a.tar"], capture_output=True, check=True)
    assert read_below(again) == read_below(folder)


def test_python_reads_what_we_write(tmp_path: Path) -> None:
    data, _ = packed(make(tmp_path / "a", EVERYTHING))
    listed = members(data)
    ping = listed["bin/ping"]
    assert (ping.mode, ping.uid, ping.size, ping.mtime) == (0o755, 0, 4, 1_000_000_000)
    assert listed["bin/zz"].islnk() and listed["bin/zz"].linkname == "bin/ping"
    assert (listed["dev/sda"].devmajor, listed["dev/sda"].devminor) == (8, 0)
    assert listed["srv/" + "long" * 40].mtime == -1
    assert listed["srv/사과"].size == 1500
