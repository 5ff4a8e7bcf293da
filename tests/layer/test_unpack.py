from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import pytest
import zstandard

from onggi.errors import Conflict, Corrupt, Invalid, OnggiError, Unsupported
from onggi.layer import whiteout, xattr
from onggi.layer.limits import Limits
from onggi.layer.pack import Packed, pack
from onggi.layer.source import Source
from onggi.layer.unpack import unpack
from onggi.layer.untar import members

from .items import CAPABILITY, Item, make, read

Entry = tuple[tarfile.TarInfo, bytes]


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", *, pax: dict[str, str] | None = None, **facts: object
) -> Entry:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode, info.mtime = kind, len(data), 0o755 if kind == tarfile.DIRTYPE else 0o644, 7
    info.pax_headers = pax or {}
    for key, value in facts.items():
        setattr(info, key, value)
    return info, data


def folder(name: str, **facts: Any) -> Entry:
    return entry(name, tarfile.DIRTYPE, **facts)


def symlink(name: str, target: str) -> Entry:
    return entry(name, tarfile.SYMTYPE, linkname=target)


def hard_link(name: str, target: str) -> Entry:
    return entry(name, tarfile.LNKTYPE, linkname=target)


def archive(entries: Iterable[Entry], format: Literal[0, 1, 2] = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    for info, data in entries:
        # tarfile would take the slash off a folder's name, and put "./" and "//" as they are.
        out.write(info.tobuf(format, "utf-8", "surrogateescape") + data + bytes(-len(data) % 512))
    return out.getvalue() + bytes(1024)


def unpacked(tmp_path: Path, data: bytes, limits: Limits | None = None) -> Path:
    target = tmp_path / "root"
    target.mkdir()
    result = unpack(io.BytesIO(data), str(target), limits or Limits())
    again = pack(str(target))
    assert (result.tree_digest, result.entries, result.file_bytes) == (
        again.tree_digest,
        again.entries,
        again.file_bytes,
    )
    return target


def refused(tmp_path: Path, kind: type[OnggiError], entries: Iterable[Entry], limits: Limits | None = None) -> str:
    with pytest.raises(kind) as caught:
        unpacked(tmp_path, archive(entries), limits)
    return str(caught.value)


# What other programs write


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_reads_what_python_writes(tmp_path: Path, format: Literal[0, 1, 2]) -> None:
    long = "d" * 80 + "/" + "e" * 60 + "/"
    names = [long + "f" * 99, "short", "사과"]
    if format != tarfile.USTAR_FORMAT:
        names += ["x" * 200, "y/" * 200 + "z"]
    entries = [entry(name, data=name.encode() * 100, uid=1234, gid=56, mode=0o640) for name in names]
    entries.append(symlink("link", "t" * (100 if format == tarfile.USTAR_FORMAT else 300)))
    root = unpacked(tmp_path, archive(entries, format))
    for name in names:
        status = (root / name).stat()
        assert (root / name).read_bytes() == name.encode() * 100
        assert (status.st_uid, status.st_gid, status.st_mode & 0o7777, status.st_mtime) == (1234, 56, 0o640, 7)
    assert os.readlink(root / "link") == entries[-1][0].linkname


@pytest.mark.parametrize("format", ["v7", "oldgnu", "gnu", "ustar", "posix"])
def test_reads_what_gnu_tar_writes(tmp_path: Path, format: str) -> None:
    tree = {
        b"d": Item("d", mode=0o2755, gid=50),
        b"d/f": Item("f", b"content", mode=0o4711, uid=1000),
        b"d/g": Item("h", b"d/f"),
        b"d/l": Item("l", b"../x"),
        "사과".encode(): Item("f", b"y" * 5000),
        b"e" * 90: Item("f"),
    }
    if format != "v7":
        tree |= {b"null": Item("c"), b"pipe": Item("p"), b"p" * 90 + b"/" + b"q" * 90: Item("f", b"z")}
    if format in ("gnu", "oldgnu", "posix"):
        tree |= {b"n" * 200: Item("f", b"long", uid=3_000_000), b"m": Item("l", b"t" * 200)}
    source = make(tmp_path / "a", tree)
    data = subprocess.run(
        ["tar", "-C", source, f"--format={format}", "--numeric-owner", "-cf", "-", "."], capture_output=True, check=True
    ).stdout
    root = unpacked(tmp_path, data)
    if format == "posix":  # the only one with fractions of a second
        assert read(root) == read(source)
    else:
        for path in (source, *source.rglob("*")):
            os.utime(path, (path.lstat().st_mtime // 1,) * 2, follow_symlinks=False)
        assert read(root) == read(source)


@pytest.mark.parametrize(
    "format", ["--format=oldgnu", "--format=gnu", *(f"--sparse-version={v}" for v in ("0.0", "0.1", "1.0"))]
)
def test_reads_gnu_sparse_files(tmp_path: Path, format: str) -> None:
    source = make(tmp_path / "a", {})
    with open(source / "sparse", "wb") as file:
        for number in range(60):  # more segments than the header and one extension block hold
            file.seek(number * 100_000)
            file.write(b"data %d" % number)
        file.truncate(7_000_000)
    (source / "after").write_bytes(b"in step")
    for name in ("hole", "h" * 120):  # in PAX a long name stands beside the made-up one of a sparse file
        (source / name).touch()
        os.truncate(source / name, 100_000)
    options = [format] if format.startswith("--format") else ["--format=posix", format]
    data = subprocess.run(
        ["tar", "-C", source, *options, "-S", "-cf", "-", "."], capture_output=True, check=True
    ).stdout
    assert len(data) < 1_000_000
    root = unpacked(tmp_path, data)
    assert sorted(os.listdir(root)) == ["after", "h" * 120, "hole", "sparse"]
    for name in os.listdir(root):
        assert (root / name).read_bytes() == (source / name).read_bytes()
    assert (root / "sparse").stat().st_blocks * 512 < 2_000_000


@pytest.mark.parametrize(
    "squeeze",
    [
        gzip.compress,
        zstandard.compress,
        lambda data: gzip.compress(data[:700]) + gzip.compress(data[700:]) + bytes(100),
    ],
)
def test_reads_compressed_tars(tmp_path: Path, squeeze: Callable[[bytes], bytes]) -> None:
    data = archive([entry("f", data=b"hello")])
    target = tmp_path / "root"
    target.mkdir()
    result = unpack(io.BytesIO(squeeze(data)), str(target))
    assert result.size == len(data)
    assert result.diff_id == "sha256:" + hashlib.sha256(data).hexdigest()
    assert (target / "f").read_bytes() == b"hello"


def test_padding_after_the_end_belongs_to_the_digest(tmp_path: Path) -> None:
    data = archive([entry("f")]) + bytes(8192)
    target = tmp_path / "root"
    target.mkdir()
    assert unpack(io.BytesIO(data), str(target)).size == len(data)


def test_global_headers_speak_of_all_entries_and_local_ones_win(tmp_path: Path) -> None:
    shared = tarfile.TarInfo.create_pax_global_header({"comment": "4f2a", "mtime": "99", "path": "no"})
    data = shared + archive([entry("a"), entry("b", pax={"mtime": "100.25"})])
    root = unpacked(tmp_path, data)
    assert sorted(os.listdir(root)) == ["a", "b"]
    assert (root / "a").stat().st_mtime == 99
    assert (root / "b").stat().st_mtime_ns == 100_250_000_000


def test_old_forms(tmp_path: Path) -> None:
    old = [
        entry("file", tarfile.AREGTYPE, b"x"),
        entry("folder/", tarfile.AREGTYPE),
        entry("cont", tarfile.CONTTYPE, b"y"),
    ]
    root = unpacked(tmp_path, archive([entry("label", b"V"), *old]))
    assert (root / "file").read_bytes() + (root / "cont").read_bytes() == b"xy"
    assert (root / "folder").is_dir()
    assert not (root / "label").exists()


# What a root file system needs


def test_owner_mode_and_attributes(tmp_path: Path) -> None:
    capability = CAPABILITY.decode("utf-8", "surrogateescape")
    root = unpacked(
        tmp_path,
        archive(
            [
                entry("su", data=b"x", mode=0o4755, uid=1000, gid=1000),
                entry("ping", pax={"SCHILY.xattr.security.capability": capability, "SCHILY.xattr.user.k": "v"}, uid=5),
                folder("tmp", mode=0o1777, uid=8),
                entry("tmp/f"),
                entry("null", tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666),
                entry("disk", tarfile.BLKTYPE, devmajor=259, devminor=70000, mode=0o660),
                entry("pipe", tarfile.FIFOTYPE, uid=3),
                entry("far", uid=4_000_000_000, gid=0o10000000),
            ]
        ),
    )
    su = (root / "su").stat()
    assert (su.st_mode & 0o7777, su.st_uid, su.st_gid) == (0o4755, 1000, 1000)
    assert xattr.read(str(root / "ping")) == {"security.capability": CAPABILITY, "user.k": b"v"}
    tmp = (root / "tmp").stat()
    assert (tmp.st_mode & 0o7777, tmp.st_uid, tmp.st_mtime) == (0o1777, 8, 7)
    assert (root / "null").stat().st_rdev == os.makedev(1, 3)
    assert (root / "disk").stat().st_rdev == os.makedev(259, 70000)
    assert stat.S_ISFIFO((root / "pipe").stat().st_mode)
    far = (root / "far").stat()
    assert (far.st_uid, far.st_gid) == (4_000_000_000, 0o10000000)


def test_attributes_of_the_host_and_of_overlayfs_are_not_taken(tmp_path: Path) -> None:
    marks = {"SCHILY.xattr.trusted.overlay.redirect": "/etc", "SCHILY.xattr.security.selinux": "label"}
    root = unpacked(tmp_path, archive([folder("d", pax=marks)]))
    assert xattr.read_all(str(root / "d")) == {}


def test_a_default_acl_on_a_folder_does_not_spread(tmp_path: Path) -> None:
    # version 2; user::rwx, group::rwx, other::---
    acl = bytes.fromhex("0200000001000700ffffffff04000700ffffffff20000000ffffffff")
    header = {"SCHILY.xattr.system.posix_acl_default": acl.decode("utf-8", "surrogateescape")}
    root = unpacked(tmp_path, archive([folder("d", pax=header), entry("d/f", mode=0o604)]))
    assert xattr.read(str(root / "d")) == {"system.posix_acl_default": acl}
    assert (root / "d/f").stat().st_mode & 0o7777 == 0o604


def test_entries_without_their_folders(tmp_path: Path) -> None:
    root = unpacked(tmp_path, archive([entry("a/b/c", data=b"x")]))
    for path in (root / "a", root / "a/b"):
        status = path.stat()
        assert (status.st_mode & 0o7777, status.st_uid, status.st_mtime) == (0o755, 0, 0)


def test_a_folder_may_come_after_what_is_in_it(tmp_path: Path) -> None:
    root = unpacked(tmp_path, archive([entry("a/b"), folder("a", mode=0o700, uid=9, mtime=50)]))
    status = (root / "a").stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_mtime) == (0o700, 9, 50)
    assert (root / "a/b").exists()


@pytest.mark.parametrize("name", ["./a/b", "/a/b", "a//b", "a/./b", "a/x/../b", "//a/b", "././a/b", "a/b/../../a/b"])
def test_names_that_mean_the_same(tmp_path: Path, name: str) -> None:
    root = unpacked(tmp_path, archive([folder("./"), folder("./a/"), entry(name, data=b"x")]))
    assert [str(path.relative_to(root)) for path in sorted(root.rglob("*"))] == ["a", "a/b"]


def test_the_root_itself(tmp_path: Path) -> None:
    root = unpacked(tmp_path, archive([folder("./", mode=0o711, uid=3, mtime=9), entry("f")]))
    status = root.stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_mtime) == (0o711, 3, 9)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([entry("a", data=b"1"), entry("a", data=b"2")], "file 2"),
        ([entry("a"), folder("a")], "folder"),
        ([folder("a"), entry("a/b"), folder("a/c"), entry("a/c/d"), entry("a", data=b"x")], "file x"),
        ([symlink("a", "b"), folder("a")], "folder"),
        ([symlink("a", "/etc/passwd"), entry("a", data=b"x")], "file x"),
        ([folder("a"), symlink("a", "b")], "link b"),
        ([symlink("a", "b"), symlink("a", "c")], "link c"),
        ([entry("b", data=b"x"), entry("a"), hard_link("a", "b")], "file x"),
        ([hard_link("a", "b"), entry("a", data=b"y"), entry("b", data=b"x")], "file y"),
        ([folder("a", mode=0o700), entry("a/f"), folder("a", mode=0o755)], "folder"),
    ],
)
def test_the_last_of_two_wins(tmp_path: Path, entries: list[Entry], expected: str) -> None:
    path = unpacked(tmp_path, archive(entries)) / "a"
    if path.is_symlink():
        found = f"link {os.readlink(path)}"
    else:
        found = "folder" if path.is_dir() else f"file {path.read_text()}"
    assert found == expected


def test_hard_links_in_any_order(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        archive(
            [
                hard_link("1", "./d/file"),
                hard_link("2", "1"),
                folder("d"),
                entry("d/file", data=b"x"),
                hard_link("3", "/2"),
                symlink("s", "nowhere"),
                hard_link("t", "s"),
            ]
        ),
    )
    assert len({(root / name).stat().st_ino for name in ("1", "2", "3", "d/file")}) == 1
    assert (root / "t").lstat().st_ino == (root / "s").lstat().st_ino


def test_a_hard_links_size_is_not_followed_by_data(tmp_path: Path) -> None:
    link = hard_link("b", "a")
    link[0].size = 3
    root = unpacked(tmp_path, archive([entry("a", data=b"abc"), link, entry("c", data=b"d")]))
    assert [(root / name).read_bytes() for name in "abc"] == [b"abc", b"abc", b"d"]


# Whiteouts


def test_whiteouts_and_opaque_folders(tmp_path: Path) -> None:
    root = unpacked(tmp_path, archive([entry(".wh.gone"), entry("d/.wh.f"), entry("o/.wh..wh..opq"), entry("o/new")]))
    assert whiteout.is_whiteout((root / "gone").lstat()) and whiteout.is_whiteout((root / "d/f").lstat())
    assert whiteout.is_opaque(str(root / "o")) and not whiteout.is_opaque(str(root / "d"))
    assert sorted(os.listdir(root / "o")) == ["new"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_whiteout_never_hides_its_own_layer(tmp_path: Path, order: int) -> None:
    file = [entry(".wh.f"), entry("f", data=b"x")][::order]
    folder_ = [entry(".wh.d"), entry("d/x")][::order]
    root = unpacked(tmp_path, archive([*file, *folder_]))
    assert (root / "f").read_bytes() == b"x"
    assert whiteout.is_opaque(str(root / "d")) and os.listdir(root / "d") == ["x"]


def test_bookkeeping_of_aufs_is_left_out(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path, archive([folder(".wh..wh.plnk"), entry(".wh..wh.plnk/1.2"), entry(".wh..wh.aufs"), entry("f")])
    )
    assert os.listdir(root) == ["f"]


def test_a_device_0_0_is_a_whiteout(tmp_path: Path) -> None:
    root = unpacked(tmp_path, archive([entry("x", tarfile.CHRTYPE, devmajor=0, devminor=0)]))
    assert whiteout.is_whiteout((root / "x").lstat())


# Links in the way


def test_links_in_names_are_resolved_in_the_root(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    up = "../" * 30
    root = unpacked(
        tmp_path,
        archive(
            [
                symlink("abs", str(outside)),
                entry("abs/a"),
                symlink("rel", up + str(outside)[1:]),
                entry("rel/b"),
                symlink("top", "/"),
                entry("top/c"),
                symlink("lib", "usr/lib"),
                entry("lib/d"),
                symlink("one", "two"),
                symlink("two", "usr"),
                entry("one/e"),
                hard_link("top/f", "top/c"),
            ]
        ),
    )
    assert os.listdir(outside) == []
    inside = root / str(outside)[1:]
    assert sorted(os.listdir(inside)) == ["a", "b"]
    assert (root / "c").exists() and (root / "usr/lib/d").exists() and (root / "usr/e").exists()
    assert (root / "f").stat().st_ino == (root / "c").stat().st_ino


def test_an_entry_never_writes_through_a_link_of_its_name(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    for number, last in enumerate(
        [entry("l", data=b"x"), folder("l"), symlink("l", "y"), entry("l", tarfile.FIFOTYPE)]
    ):
        place = tmp_path / str(number)
        place.mkdir()
        unpacked(place, archive([symlink("l", str(victim)), last]))
    assert victim.read_text() == "untouched" and victim.stat().st_mode & 0o777 == 0o644


# Bad input: one clear message each


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([entry("../f")], "'../f': the name leads out of the archive through '..'"),
        ([entry("a/../../f")], "'a/../../f': the name leads out of the archive through '..'"),
        ([entry("/../f")], "'/../f': the name leads out of the archive through '..'"),
        ([folder("..")], "'../': the name leads out of the archive through '..'"),
        ([hard_link("l", "../../etc/passwd")], "'l': the name leads out of the archive through '..'"),
        ([hard_link("l", "/etc/passwd")], "'l': a hard link to 'etc/passwd', which is not a file of this layer"),
        ([hard_link("l", "l")], "'l': a hard link to itself"),
        ([hard_link("l", "m"), hard_link("m", "l")], "'l': a hard link to itself, by way of 'm'"),
        ([folder("d"), hard_link("l", "d")], "'l': a hard link to the folder 'd'"),
        ([hard_link("l", "d"), folder("d")], "'l': a hard link to 'd', which is not a file of this layer"),
        (
            [symlink("a", "b"), symlink("b", "a"), entry("a/f")],
            "'a/f': its folder is reached through a loop of symbolic links",
        ),
        ([entry("a"), entry("a/f")], "'a/f': 'a' is not a folder"),
        ([entry(".")], "'.': the root of a layer must be a folder"),
        ([symlink("./", "/")], "'./': the root of a layer must be a folder"),
        ([entry("")], "'': an entry without a name"),
        ([symlink("s", "")], "'s': a symbolic link without a target"),
        ([entry("d/.wh.")], "'d/.wh.': a whiteout that names nothing"),
        ([entry(".wh...")], "'.wh...': a whiteout that names nothing"),
        ([entry(".wh.d/f")], "'.wh.d/f': a folder cannot have a name that begins with .wh."),
        ([entry("x" * 300)], f"'{'x' * 300}': the name is too long (File name too long)"),
        ([entry("f", pax={"uid": "4294967295"})], "'f': no owner has the number 4294967295:0"),
        ([entry("f", tarfile.CHRTYPE, devmajor=5000)], "'f': no device has the number 5000:0"),
        ([entry("f", pax={"mtime": "99999999999999"})], "'f': its time is out of range"),
    ],
)
def test_invalid(tmp_path: Path, entries: list[Entry], message: str) -> None:
    assert refused(tmp_path, Invalid, entries) == message


def test_unknown_types_are_unsupported(tmp_path: Path) -> None:
    assert refused(tmp_path, Unsupported, [entry("f", b"M")]) == "'f': tar entries of type 'M' cannot be unpacked"


@pytest.mark.parametrize(
    ("limits", "entries", "message"),
    [
        (Limits(entries=2), [folder("d")] * 3, "'d/': a layer may have at most 2 entries"),
        (
            Limits(devices=1),
            [entry(f"n{i}", tarfile.CHRTYPE, devmajor=1) for i in range(2)],
            "'n1': a layer may have at most 1 devices",
        ),
        (
            Limits(size=4096),
            [entry("a", data=b"x"), entry("big", data=b"x" * 5000)],
            "'big': a layer may have at most 4096 bytes of files",
        ),
    ],
)
def test_limits(tmp_path: Path, limits: Limits, entries: list[Entry], message: str) -> None:
    assert refused(tmp_path, Invalid, entries, limits) == message


def test_a_sparse_bomb_is_refused(tmp_path: Path) -> None:
    bomb = entry(
        "bomb",
        pax={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 62)},
        data=b"0\n".ljust(512, b"\0"),
    )
    assert refused(tmp_path, Invalid, [bomb]) == f"'bomb': a layer may have at most {Limits().size} bytes of files"


@pytest.mark.parametrize("squeeze", [gzip.compress, zstandard.compress])
def test_a_decompression_bomb_is_refused(tmp_path: Path, squeeze: Callable[[bytes], bytes]) -> None:
    bomb = squeeze(archive([entry("f")]) + bytes(20_000_000))
    with pytest.raises(Invalid, match="the tar is longer than the limit of 5000000 bytes"):
        unpacked(tmp_path, bomb, Limits(size=5_000_000))


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress, zstandard.compress])
def test_a_tar_that_is_cut_short_anywhere_is_corrupt(tmp_path: Path, squeeze: Callable[[bytes], bytes]) -> None:
    whole = squeeze(
        archive([folder("d"), entry("d/f", data=random.Random(1).randbytes(3000), pax={"path": "d/" + "n" * 150})])
    )
    end = len(whole) - 1024 if squeeze is bytes else len(whole)
    for cut in sorted({0, 1, 3, 100, *range(512, end, 512), *range(5, end, 97), end - 1}):
        place = tmp_path / str(cut)
        place.mkdir()
        with pytest.raises(Corrupt):
            unpacked(place, whole[:cut])


@pytest.mark.parametrize("missing", [1024, 1025, 1024 + -3000 % 512])
def test_the_end_of_a_tar_may_be_left_out(tmp_path: Path, missing: int) -> None:
    """Docker's client writes contexts without the padding of the last file and the end mark."""
    short = archive([entry("f", data=b"x" * 3000)])[:-missing]
    unpack(io.BytesIO(short), str(tmp_path), needs_end=False)
    assert (tmp_path / "f").read_bytes() == b"x" * 3000
    with pytest.raises(Corrupt, match="ends in the middle of"):
        tuple(members(Source(io.BytesIO(short))))
    with pytest.raises(Corrupt, match="ends in the middle of 'f'"):
        tuple(members(Source(io.BytesIO(short[: 512 + 2999])), needs_end=False))


def test_the_message_names_the_entry_that_was_cut(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match="the tar ends in the middle of 'd/f'"):
        unpacked(tmp_path, archive([entry("d/f", data=bytes(5000))])[:2000])


@pytest.mark.parametrize(
    ("data", "likeness"),
    [
        (b"", "empty"),
        (b"hello\nthere\n", "text that begins with 'hello'"),
        ("안녕".encode() * 200, f"text that begins with '{'안녕' * 20}'"),
        (b"<html>" * 1000, "a web page"),
        (b"\n<!DOCTYPE html>\n", "a web page"),
        (b"PK\x03\x04" + bytes(600), "a zip archive"),
        (b"\0\1\2\xff" * 300, "neither a tar nor compressed as we know it"),
        (b"\xff", "neither a tar nor compressed as we know it"),
        (bytes(100), "neither a tar nor compressed as we know it"),
    ],
    ids=["empty", "text", "korean", "page", "page with doctype", "zip", "bytes", "one byte", "zeros"],
)
def test_what_is_no_tar_is_told_by_its_look(tmp_path: Path, data: bytes, likeness: str) -> None:
    with pytest.raises(Corrupt) as caught:
        unpacked(tmp_path, data)
    assert str(caught.value) == f"expected a tar, but the input is {likeness}"
    assert caught.value.hint


def test_a_header_that_is_none_in_the_middle(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match="no tar header at byte 1024: the checksum is wrong"):
        unpacked(tmp_path, archive([entry("f", data=b"x")])[:1024] + b"<html>" * 1000)


@pytest.mark.parametrize(
    "records",
    [
        b"5 a=\n",
        b"999 path=x\n",
        b"x path=y\n",
        b"-1 a=b\n",
        b"0 a=b\n",
        b"11 path=a\0b\n",
        b"9 size=x\n",
        b"7 path\n",
        b"12 mtime=1.x\n",
    ],
)
def test_malformed_pax_records_are_corrupt(tmp_path: Path, records: bytes) -> None:
    expected: type[OnggiError] = Corrupt
    data = archive([entry("ext", b"x", records), entry("f")])
    if records == b"5 a=\n":  # well-formed: an empty value, which takes a record back
        unpacked(tmp_path, data)
        return
    with pytest.raises(expected):
        unpacked(tmp_path, data)


def test_an_extended_header_beyond_all_measure_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match="an extended header of 2000000 bytes"):
        unpacked(tmp_path, archive([entry("ext", b"x", bytes(2_000_000))]))


def test_only_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(Conflict, match="is not empty"):
        unpack(io.BytesIO(archive([])), str(tmp_path))


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", tmp_path], check=True)
    try:
        target = tmp_path / "root"
        target.mkdir()
        with pytest.raises(OnggiError, match="'big': the disk is full") as caught:
            unpack(io.BytesIO(archive([entry("big", data=bytes(3_000_000))])), str(target))
        assert type(caught.value).__name__ == "Unavailable"
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_the_result_is_what_packing_says(tmp_path: Path) -> None:
    data = archive([entry("b", data=b"xx"), hard_link("a", "b"), entry("o/.wh..wh..opq"), entry(".wh.w")])
    target = tmp_path / "root"
    target.mkdir()
    result: Packed = unpack(io.BytesIO(data), str(target))
    assert (result.entries, result.file_bytes) == (5, 2)
