from __future__ import annotations

import os
from pathlib import Path

import pytest

from onggi.layer.content import copy_file, hash_file, transfer
from onggi.oci import digest

SIZES = [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_003]


def bytes_of(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["same file system", "another"])
def test_what_is_written_is_what_is_hashed(tmp_path: Path, size: int, is_elsewhere: bool) -> None:
    """Memory files are on a file system of their own, from which the kernel does not copy to another."""
    data = bytes_of(size)
    source = os.memfd_create("source") if is_elsewhere else os.open(tmp_path / "source", os.O_RDWR | os.O_CREAT)
    target = os.open(tmp_path / "target", os.O_RDWR | os.O_CREAT)
    try:
        os.write(source, data)
        os.lseek(source, 0, os.SEEK_SET)
        assert copy_file(source, target, size) == digest.of(data)
        assert (tmp_path / "target").read_bytes() == data
        os.lseek(source, 0, os.SEEK_SET)
        assert hash_file(source, size) == digest.of(data)
    finally:
        os.close(source)
        os.close(target)


@pytest.mark.parametrize("expected", [0, 10, 2 << 20])
def test_the_expected_size_is_only_a_hint(tmp_path: Path, expected: int) -> None:
    (tmp_path / "source").write_bytes(bytes_of(100_000))
    source = os.open(tmp_path / "source", os.O_RDONLY)
    target = os.open(tmp_path / "target", os.O_RDWR | os.O_CREAT)
    try:
        assert copy_file(source, target, expected) == digest.of(bytes_of(100_000))
        assert (tmp_path / "target").read_bytes() == bytes_of(100_000)
    finally:
        os.close(source)
        os.close(target)


def transferred(folder: Path, *segments: tuple[int, bytes], size: int) -> Path:
    """A copy of a file with data at some places and holes between them."""
    with open(folder / "from", "wb") as file:
        for at, data in segments:
            file.seek(at)
            file.write(data)
        file.truncate(size)
    source = os.open(folder / "from", os.O_RDONLY)
    target = os.open(folder / "to", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    transfer(source, target)
    os.close(source)
    os.close(target)
    assert (folder / "to").read_bytes() == (folder / "from").read_bytes()
    return folder / "to"


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (3 << 20) + 7])
def test_a_file_is_transferred_whole(tmp_path: Path, size: int) -> None:
    transferred(tmp_path, (0, os.urandom(size)), size=size)


def test_holes_stay_holes(tmp_path: Path) -> None:
    copy = transferred(tmp_path, (1 << 20, b"a"), (8 << 20, b"b"), size=30 << 20)
    assert copy.stat().st_blocks * 512 < 2 << 20


def test_a_file_between_two_file_systems(tmp_path: Path) -> None:
    """Where the kernel does not copy by itself."""
    data = os.urandom(3 << 20)
    source = os.memfd_create("source")
    os.write(source, data)
    target = os.open(tmp_path / "to", os.O_RDWR | os.O_CREAT)
    transfer(source, target)
    os.close(source)
    os.close(target)
    assert (tmp_path / "to").read_bytes() == data
