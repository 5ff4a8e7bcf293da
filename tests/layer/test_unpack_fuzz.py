"""Hostile and broken tars: whatever they say, an OnggiError or a proper layer, and nothing outside is touched."""

from __future__ import annotations

import gzip
import io
import os
import random
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from onggi.errors import Invalid, OnggiError
from onggi.layer.limits import Limits
from onggi.layer.pack import pack
from onggi.layer.unpack import unpack

from .items import Item, make, read

LIMITS = Limits(entries=200, devices=20, size=4 << 20)
BLOCK = 512


@contextmanager
def watched() -> Iterator[Path]:
    """An empty folder to unpack into; what surrounds it must be the same afterwards."""
    with tempfile.TemporaryDirectory() as place:
        outside = make(Path(place, "outside"), {b"d/file": Item("f", b"untouched"), b"link": Item("l", b"d")})
        before = read(outside)
        root = Path(place, "root")
        root.mkdir()
        yield root
        assert read(outside) == before
        assert sorted(os.listdir(place)) == ["outside", "root"]


def try_to_unpack(data: bytes) -> bool:
    """Whether it could be unpacked. What was, must be a layer that packs to the same digest."""
    with watched() as root:
        try:
            result = unpack(io.BytesIO(data), str(root), LIMITS)
        except OnggiError as error:
            assert str(error) and "\n" not in str(error)
            return False
        assert pack(str(root)).tree_digest == result.tree_digest
        return True


INSIDE = ["a", "b", "a/b", "b/a", "a/b/c", "./a", "/a", "a/", "a/../b", "x" * 256, "é\udcff"]
OUTSIDE = ["../outside/d/file", "a/../../outside/x", "..", "", ".", "/"]
MARKS = [".wh.a", "a/.wh.b", "a/.wh..wh..opq", ".wh..wh..opq", ".wh.", ".wh..wh.plnk/x", ".wh.a/b"]
NAMES = st.sampled_from([*INSIDE, *OUTSIDE, *MARKS])
TARGETS = st.sampled_from(["a", "b", "a/b", "..", "../outside", "../../outside/d", "/", "a/../..", "", "/a/b", ".wh.a"])
TYPES = st.sampled_from([*b"01234567SLKVxgMZ\0"]).map(lambda number: bytes([number]))


@st.composite
def hostile(draw: st.DrawFn) -> bytes:
    out = io.BytesIO()
    for _ in range(draw(st.integers(1, 8))):
        info = tarfile.TarInfo(draw(NAMES))
        info.type = draw(TYPES)
        info.linkname = draw(TARGETS)
        info.mode = draw(st.sampled_from([0o644, 0o4755, 0, 0o7777]))
        info.uid = draw(st.sampled_from([0, 1, 2**31]))
        info.devmajor = draw(st.integers(0, 1))
        info.mtime = draw(st.sampled_from([0, 5, 2**33]))
        data = draw(st.sampled_from([b"", b"x", b"y" * 600, b"12 path=b/c\n", b"13 path=../c\n", b"a\0"]))
        info.size = len(data)
        out.write(
            info.tobuf(draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])), "utf-8", "surrogateescape")
        )
        out.write(data + bytes(-len(data) % BLOCK))
    return out.getvalue() + bytes(2 * BLOCK)


@given(data=hostile())
@settings(max_examples=300, deadline=None)
def test_hostile_entries(data: bytes) -> None:
    try_to_unpack(data)


def seeds() -> list[bytes]:
    """Well-formed tars with all that a reader has code for."""
    with tempfile.TemporaryDirectory() as place:
        tree = make(
            Path(place, "a"),
            {
                b"d": Item("d", mode=0o755),
                b"d/f": Item("f", b"content" * 200, xattrs={"user.k": b"v" * 30}),
                b"d/h": Item("h", b"d/f"),
                b"l": Item("l", b"d"),
                b"c": Item("c"),
                b"p": Item("p", mtime=-5),
                b"n" * 150: Item("f", uid=3_000_000),
            },
        )
        with open(tree / "sparse", "wb") as file:
            for at in range(0, 600_000, 100_000):
                file.seek(at)
                file.write(b"data")
        plain = [
            ["--format=v7"],
            ["--format=ustar"],
            *(["-S", f"--format={name}"] for name in ("gnu", "oldgnu", "posix")),
        ]
        sparse = [
            ["-S", "--xattrs", f"--sparse-version={version}", "--format=posix"] for version in ("0.0", "0.1", "1.0")
        ]
        found = [
            subprocess.run(["tar", "-C", tree, *options, "-cf", "-", "."], capture_output=True).stdout
            for options in (*plain, *sparse)
        ]
        out = io.BytesIO()
        pack(str(tree), out.write)
        return [*found, out.getvalue()]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few changes to whole blocks, fields and bytes; most headers get a right checksum again, to get past that."""
    blocks = [bytearray(data[at : at + BLOCK]) for at in range(0, len(data), BLOCK)]
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(max(1, len(blocks) - 20))
        block = blocks[at]
        action = chance.randrange(7)
        if action == 0:
            block[chance.randrange(BLOCK)] = chance.randrange(256)
        elif action == 1:
            start, end = chance.choice(
                [(0, 100), (100, 108), (108, 116), (124, 136), (136, 148), (156, 157), (157, 257)]
            )
            block[start:end] = chance.choice(
                [bytes(end - start), b"\xff" * (end - start), chance.randbytes(end - start), b"7" * (end - start)]
            )
        elif action == 2:
            name = chance.choice([b"../x", b"/d/f", b"l/x", b"d", b".wh.d", b"d/.wh..wh..opq", b"", b"l", b"sparse"])
            block[:100] = name.ljust(100, b"\0")
        elif action == 3:
            block[156] = chance.choice(b"0123456xgLKS7V\0")
        elif action == 4:
            del blocks[at]
        elif action == 5:
            blocks.insert(at, bytearray(chance.choice(blocks)))
        else:
            other = chance.randrange(len(blocks))
            blocks[at], blocks[other] = blocks[other], blocks[at]
        if blocks and chance.random() < 0.9:
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
    return b"".join(blocks)[: None if chance.random() < 0.9 else chance.randrange(len(data))]


@pytest.mark.parametrize("number", range(9))
def test_mutations(number: int) -> None:
    seed = seeds()[number]
    assert try_to_unpack(seed)
    chance = random.Random(number)
    results = [try_to_unpack(mutated(seed, chance)) for _ in range(120)]
    assert 5 < sum(results) < 115  # neither all refused at the door nor all harmless


@pytest.mark.parametrize("squeeze", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress])
def test_mutations_of_what_is_compressed(squeeze: object) -> None:
    assert callable(squeeze)
    whole = squeeze(seeds()[4])
    chance = random.Random(7)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(4, len(data))] = chance.randrange(256)
        try_to_unpack(bytes(data))


@given(data=st.binary(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_noise(data: bytes) -> None:
    try_to_unpack(data)


def test_a_path_as_long_as_a_header_may_be() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("a/" * 300_000 + "b"))
    with watched() as root, pytest.raises(Invalid, match="at most 512 folders deep"):
        unpack(io.BytesIO(out.getvalue()), str(root))
