from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import threading
from pathlib import Path
from typing import BinaryIO

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from onggi.errors import Corrupt, Invalid, OnggiError
from onggi.fetch.tarball import receive
from onggi.layer.limits import Limits
from onggi.layer.unpack import unpack

NO_DEVICES = Limits(devices=0)


def unpack_context(stream: BinaryIO, folder: str) -> None:
    unpack(stream, folder, NO_DEVICES)


def tar_of(*members: tarfile.TarInfo, format: int = tarfile.PAX_FORMAT, **files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for member in members:
            tar.addfile(member)
    return out.getvalue()


@pytest.mark.parametrize(
    "compress", [bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress]
)
def test_a_tar_however_it_is_compressed(compress: object, tmp_path: Path) -> None:
    assert callable(compress)
    assert receive(io.BytesIO(compress(tar_of(Dockerfile=b"FROM scratch"))), tmp_path, unpack_context) is None
    assert (tmp_path / "Dockerfile").read_bytes() == b"FROM scratch"


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
def test_a_tar_of_any_kind(format: int, tmp_path: Path) -> None:
    assert receive(io.BytesIO(tar_of(format=format, file=b"x")), tmp_path, unpack_context) is None
    assert os.listdir(tmp_path) == ["file"]


def test_a_tar_without_magic(tmp_path: Path) -> None:
    block = bytearray(tar_of(format=tarfile.USTAR_FORMAT, file=b""))
    block[257:265] = bytes(8)  # as in Unix version 7
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    assert receive(io.BytesIO(bytes(block)), tmp_path, unpack_context) is None
    assert os.listdir(tmp_path) == ["file"]


def test_an_empty_tar(tmp_path: Path) -> None:
    assert receive(io.BytesIO(bytes(10240)), tmp_path, unpack_context) is None
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("text", [b"", b"FROM scratch\n", "FROM 옹기\n".encode() * 1000, b"#" * 600])
def test_a_dockerfile(text: bytes, tmp_path: Path) -> None:
    assert receive(io.BytesIO(text), tmp_path, unpack_context) == text
    assert not os.listdir(tmp_path)


def test_a_pipe_that_is_filled_slowly(tmp_path: Path) -> None:
    data = tar_of(file=b"x" * 100_000)
    ours, its = os.pipe()

    def write() -> None:
        with open(its, "wb", buffering=0) as pipe:
            for at in range(0, len(data), 100):
                pipe.write(data[at : at + 100])

    thread = threading.Thread(target=write)
    thread.start()
    with open(ours, "rb") as stream:
        assert receive(stream, tmp_path, unpack_context) is None
        assert not stream.closed
    thread.join()
    assert (tmp_path / "file").stat().st_size == 100_000


def test_what_is_neither(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match="a zip archive"):
        receive(io.BytesIO(b"PK\x03\x04" + bytes(range(256)) * 4), tmp_path, unpack_context)
    with pytest.raises(Invalid, match="too long for a Dockerfile"):
        receive(io.BytesIO(b"#" * (17 << 20)), tmp_path, unpack_context)


def test_a_context_has_no_devices_and_leads_nowhere(tmp_path: Path) -> None:
    device = tarfile.TarInfo("device")
    device.type, device.devmajor, device.devminor = tarfile.CHRTYPE, 1, 3
    outside = tarfile.TarInfo("../outside")
    for member in (device, outside):
        folder = tmp_path / member.name.strip("./")
        folder.mkdir()
        with pytest.raises(OnggiError):
            receive(io.BytesIO(tar_of(member)), folder, unpack_context)
        assert not os.listdir(folder)


@given(st.binary(max_size=1200))
def test_any_bytes_are_a_tar_or_a_dockerfile(data: bytes) -> None:
    seen = []

    def keep(stream: BinaryIO, folder: str) -> None:
        seen.append(stream.read())

    stream = io.BytesIO(data)
    text = receive(stream, Path("/nowhere"), keep)
    assert [text] == [data] if not seen else text is None and seen == [data]
    assert not stream.closed


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_text_for_its_reader_to_refuse(encoding: str, tmp_path: Path) -> None:
    text = "FROM scratch\n".encode(encoding)
    assert receive(io.BytesIO(text), tmp_path, unpack_context) == text
