from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onggi.errors import Corrupt, Invalid
from onggi.layer.compress import compress, decompress, kind_of

VOCABULARY = [b"%x" % random.Random(number).getrandbits(30) for number in range(999)]
WORDS = b" ".join(VOCABULARY[number % 999] for number in range(400_000))
TEXT = b"".join(b"line %d\n" % number for number in range(50_000))
SQUEEZE: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
FORMATS = pytest.mark.parametrize("kind", [kind for kind in SQUEEZE if kind != "none"])


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a socket may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = data, step

    def read(self, size: int = -1) -> bytes:
        piece, self._data = self._data[: self._step], self._data[self._step :]
        return piece


def squeezed(kind: str, data: bytes, level: int | None = None, step: int = 1 << 20) -> bytes:
    out = io.BytesIO()
    compressor = compress(kind, out.write, level)
    for at in range(0, len(data), step):
        compressor.write(data[at : at + step])
    compressor.close()
    return out.getvalue()


def inflated(data: bytes, step: int = 1 << 20) -> bytes:
    return decompress(cast(BinaryIO, Trickle(data, step))).read()


@pytest.mark.parametrize("kind", SQUEEZE)
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_reads_every_kind_however_it_arrives(kind: str, step: int) -> None:
    text = TEXT[:5000] if step == 1 else TEXT
    data = SQUEEZE[kind](text)
    assert kind_of(data) == kind
    assert inflated(data, step) == text


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
@given(data=st.binary(), step=st.integers(1, 50))
def test_out_and_in_gives_the_same(kind: str, data: bytes, step: int) -> None:
    out = squeezed(kind, data, step=step)
    assert inflated(out) == data
    assert out == squeezed(kind, data)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_what_comes_out_does_not_depend_on_the_pieces(kind: str) -> None:
    assert len({squeezed(kind, WORDS, step=step) for step in (5_000, 1 << 20, 1_500_000, len(WORDS))}) == 1


def test_other_programs_read_what_we_write() -> None:
    assert gzip.decompress(squeezed("gzip", TEXT)) == TEXT
    assert zstandard.ZstdDecompressor().decompressobj().decompress(squeezed("zstd", TEXT)) == TEXT


def test_gzip_carries_no_name_and_no_time() -> None:
    header = squeezed("gzip", TEXT)[:10]
    assert header[3:8] == bytes(5)


def test_levels() -> None:
    source = Path(__file__).read_bytes()
    assert len(squeezed("zstd", source, 19)) < len(squeezed("zstd", source, 1))
    assert len(squeezed("gzip", source, 3)) < len(squeezed("gzip", source, 0))
    with pytest.raises(Invalid, match="gzip has no compression level 9"):
        compress("gzip", bytes, 9)
    with pytest.raises(Invalid, match="unknown compression 'lz4'"):
        compress("lz4", bytes)


@FORMATS
def test_members_one_after_another_and_zeros_at_the_end(kind: str) -> None:
    one, two = SQUEEZE[kind](b"one,"), SQUEEZE[kind](b"two")
    for step in (3, 1 << 20):
        assert inflated(one + two + bytes(1000), step) == b"one,two"


def test_zstd_frames_to_skip() -> None:
    skipped = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"note"
    frame = SQUEEZE["zstd"](b"data")
    assert inflated(skipped + frame) == b"data"
    assert inflated(frame + skipped) == b"data"


@FORMATS
def test_something_else_after_the_end_is_corrupt(kind: str) -> None:
    with pytest.raises(Corrupt, match=f"the {kind} data are followed by something else"):
        inflated(SQUEEZE[kind](b"data") + b"other bytes")


@FORMATS
def test_cut_short_anywhere_is_corrupt(kind: str) -> None:
    data = SQUEEZE[kind](TEXT[:3000])
    for cut in range(8, len(data)):
        with pytest.raises(Corrupt):
            inflated(data[:cut])


@FORMATS
def test_damaged_data_are_corrupt_or_unchanged(kind: str) -> None:
    whole = SQUEEZE[kind](TEXT[:20_000])
    chance = random.Random(kind)
    corrupt = 0
    for _ in range(150):
        data = bytearray(whole)
        data[chance.randrange(8, len(data))] ^= 1 << chance.randrange(8)
        try:
            assert inflated(bytes(data)) == TEXT[:20_000]  # a bit that means nothing, such as a flag of the header
        except Corrupt:
            corrupt += 1
    assert corrupt > 140


def test_a_zstd_bomb_comes_in_bounded_pieces() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 30))
    stream = decompress(io.BytesIO(bomb))
    assert stream.read(1 << 20) == bytes(1 << 20)


def test_nothing_is_nothing() -> None:
    assert inflated(b"") == b""


def test_libraries_are_imported_when_they_are_used() -> None:
    code = "import sys, onggi.layer.unpack; print(sorted({'isal', 'zstandard', 'bz2', 'lzma'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "isal" not in done.stdout and "zstandard" not in done.stdout
