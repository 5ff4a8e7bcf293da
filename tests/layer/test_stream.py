"""Tars of trees that are in use."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from onggi.errors import Conflict
from onggi.layer import live
from onggi.layer.stream import stream
from onggi.layer.stream_hash import CHUNK

from .items import CAPABILITY, Item, make


def tar_of(
    folder: Path, name: bytes = b".", path: bytes = b".", keeps: Callable[[str], bool] = lambda name: True
) -> tarfile.TarFile:
    top = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        return tarfile.open(fileobj=io.BytesIO(b"".join(stream(live.entries(top, name, path), keeps))))
    finally:
        os.close(top)


def test_every_kind_of_entry(tmp_path: Path) -> None:
    folder = make(
        tmp_path / "t",
        {
            b"d": Item("d", mode=0o2750, uid=5),
            b"d/f": Item("f", b"text", mode=0o4755, gid=7, mtime=12),
            b"d/g": Item("h", b"d/f"),
            b"l": Item("l", b"d/f"),
            b"p": Item("p"),
            b"c": Item("c", device=(1, 3)),
            b"b": Item("b", device=(8, 1)),
        },
    )
    with tar_of(folder, path=b"top") as tar:
        kinds = [(member.name.removeprefix("top/"), member.type) for member in tar]
        assert kinds[:4] == [("top", b"5"), ("b", b"4"), ("c", b"3"), ("d", b"5")]
        assert kinds[4:] == [("d/f", b"0"), ("d/g", b"1"), ("l", b"2"), ("p", b"6")]
        file = tar.getmember("top/d/f")
        assert (file.mode, file.gid, file.mtime, tar.extractfile(file).read()) == (0o4755, 7, 12, b"text")  # type: ignore[union-attr]
        assert tar.getmember("top/d/g").linkname == "top/d/f"
        assert (tar.getmember("top/c").devmajor, tar.getmember("top/c").devminor) == (1, 3)
        assert tar.getmember("top/p").devmajor == 0


def test_names_of_layers_mean_nothing(tmp_path: Path) -> None:
    with tar_of(make(tmp_path / "t", {b".wh.x": Item("f"), b".wh..wh..opq": Item("f")})) as tar:
        assert tar.getnames() == [".", "./.wh..wh..opq", "./.wh.x"]


def test_attributes_that_are_not_kept_are_left_out(tmp_path: Path) -> None:
    xattrs = {"security.capability": CAPABILITY, "user.a": b"x"}
    folder = make(tmp_path / "t", {b"f": Item("f", xattrs=xattrs)})
    with tar_of(folder) as tar:
        assert sorted(tar.getmember("./f").pax_headers) == ["SCHILY.xattr.security.capability", "SCHILY.xattr.user.a"]
    with tar_of(folder, keeps="security.capability".__eq__) as tar:
        assert list(tar.getmember("./f").pax_headers) == ["SCHILY.xattr.security.capability"]


def test_a_file_that_grows_is_as_long_as_it_was(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * (2 * CHUNK))
    top = os.open(tmp_path, os.O_PATH)
    pieces = []
    for piece in stream(live.entries(top, b"log", b"log")):
        pieces.append(piece)
        with log.open("ab") as more:
            more.write(b"y" * CHUNK)
    os.close(top)
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        assert tar.extractfile("log").read() == b"x" * (2 * CHUNK)  # type: ignore[union-attr]


def test_a_file_that_shrinks_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * (3 * CHUNK))
    top = os.open(tmp_path, os.O_PATH)
    with pytest.raises(Conflict, match="'log' got shorter while it was read"):
        for piece in stream(live.entries(top, b"log", b"log")):
            if len(piece) == CHUNK:
                os.truncate(tmp_path / "log", 0)
    os.close(top)


def test_a_file_that_goes_away_leaves_its_other_name_whole(tmp_path: Path) -> None:
    folder = make(tmp_path / "t", {b"a": Item("f", b"text"), b"b": Item("h", b"a")})
    top = os.open(folder, os.O_PATH)

    def removing() -> object:
        for found in live.entries(top, b".", b"."):
            if found.path == b"./a":
                (folder / "a").unlink()
            yield found

    data = b"".join(stream(removing()))  # type: ignore[arg-type]
    os.close(top)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert [(member.name, member.type) for member in tar] == [(".", b"5"), ("./b", b"0")]


def test_memory_is_bounded_by_the_pieces(tmp_path: Path) -> None:
    with open(tmp_path / "big", "wb") as big:
        big.truncate(64 * CHUNK)
    for number in range(2000):
        (tmp_path / f"small{number}").write_bytes(b"x" * 1000)
    top = os.open(tmp_path, os.O_PATH)
    sizes = [len(piece) for piece in stream(live.entries(top, b".", b"."))]
    os.close(top)
    assert max(sizes) == CHUNK and len(sizes) < 300


def test_holes_are_zeros_that_nobody_reads(tmp_path: Path) -> None:
    with open(tmp_path / "sparse", "wb") as file:
        file.seek(3 * CHUNK + 5)
        file.write(b"data")
        file.truncate(1 << 40)
    top = os.open(tmp_path, os.O_PATH)
    pieces = stream(live.entries(top, b"sparse", b"sparse"))
    read = 0
    found = b""
    while read < 8 * CHUNK:
        piece = next(pieces)
        found += piece.strip(b"\0")
        read += len(piece)
    assert found.endswith(b"data")
    pieces.close()  # type: ignore[attr-defined]
    os.close(top)


def test_a_sparse_file_is_whole(tmp_path: Path) -> None:
    with open(tmp_path / "sparse", "wb") as file:
        for at in (0, 2 * CHUNK, 5 * CHUNK + 7):
            file.seek(at)
            file.write(b"data")
        file.truncate(7 * CHUNK + 1)
    top = os.open(tmp_path, os.O_PATH)
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream(live.entries(top, b"sparse", b"sparse"))))) as tar:
        assert tar.extractfile("sparse").read() == (tmp_path / "sparse").read_bytes()  # type: ignore[union-attr]
    os.close(top)
