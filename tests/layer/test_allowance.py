from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path
from typing import BinaryIO

import pytest
import zstandard

from onggi.errors import Invalid
from onggi.layer.allowance import Allowance
from onggi.layer.unpack import unpack

MIB = 1 << 20


def layer(size: int, squeeze: str) -> bytes:
    """A file of zeros."""
    info = tarfile.TarInfo("zeros")
    info.size = size
    tar = info.tobuf() + bytes(size + 1024)
    return gzip.compress(tar, mtime=0) if squeeze == "gzip" else zstandard.compress(tar)


class Counted(io.BytesIO):
    """As a blob that arrives: what is read of it is earned."""

    def __init__(self, data: bytes, allowance: Allowance) -> None:
        super().__init__(data)
        self._allowance = allowance

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._allowance.earn(len(data))
        return data

    read1 = read


def take(data: bytes, folder: Path, allowance: Allowance) -> None:
    folder.mkdir()
    stream: BinaryIO = Counted(data, allowance)
    unpack(stream, str(folder), allowance=allowance)


@pytest.mark.parametrize("squeeze", ["gzip", "zstd"])
def test_a_bomb_is_refused_before_it_has_unpacked(tmp_path: Path, squeeze: str) -> None:
    with pytest.raises(Invalid, match=r"far larger than what is sent of it: .*B of it unpack to .*MB and more"):
        take(layer(40 * MIB, squeeze), tmp_path / "root", Allowance(granted=8 * MIB))
    assert sum(path.stat().st_size for path in (tmp_path / "root").iterdir()) < 20 * MIB


def test_layers_share_what_they_are_granted(tmp_path: Path) -> None:
    allowance = Allowance(granted=8 * MIB)
    take(layer(6 * MIB, "zstd"), tmp_path / "first", allowance)
    with pytest.raises(Invalid, match="unpack to"):
        take(layer(6 * MIB, "zstd"), tmp_path / "second", allowance)


def test_a_layer_that_is_large_itself_may_hold_more(tmp_path: Path) -> None:
    allowance = Allowance(granted=0)
    allowance.earn(MIB)
    take(layer(40 * MIB, "zstd"), tmp_path / "root", allowance)
