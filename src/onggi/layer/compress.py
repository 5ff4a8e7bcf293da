"""Layer bytes squeezed and back: gzip and zstd to write; those, bzip2 and xz to read, as Docker does.

What is written is squeezed in pieces of one size, each by itself: equal input gives equal output however it is cut and
whoever squeezes, and several processors can be at one layer (docs/decisions/0018-layers-are-squeezed-in-pieces.md).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import BinaryIO, Protocol, cast

from onggi.errors import Corrupt, Invalid

Write = Callable[[bytes], object]

_CHUNK = 1 << 18
"""Bytes of squeezed data read at a time, and of data given back at a time by libraries that let us bound it."""


class Inflater(Protocol):
    """What reads one member or frame, as in the standard library's bz2 and lzma."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Form(Protocol):
    """How pieces that were squeezed one by one become one stream: behind `head` the pieces, then `tail`."""

    piece_size: int
    head: bytes

    def squeeze(self, piece: bytes) -> bytes:
        """May be called by several threads at once."""
        ...

    def count(self, piece: bytes) -> None:
        """Is called with each piece, in their order."""
        ...

    def tail(self) -> bytes: ...


Work = Callable[[], bytes]


class Compressor:
    """Give it data with `write` and `close` it at the end. What makes up the result is handed in its order to `put`,
    as work that is yet to be done and that does not depend on any other."""

    def __init__(self, form: Form, put: Callable[[Work], object]) -> None:
        self._form = form
        self._put = put
        self._held: list[bytes | memoryview] = []
        self._room = form.piece_size
        put(lambda: form.head)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while len(view) >= self._room:
            self._held.append(view[: self._room])
            view = view[self._room :]
            self._hand_over()
        if view:
            self._held.append(view)
            self._room -= len(view)

    def close(self) -> None:
        """Hands over what is left; to be called once, after the last `write`."""
        if self._held:
            self._hand_over()
        tail = self._form.tail()
        self._put(lambda: tail)

    def _hand_over(self) -> None:
        piece = b"".join(self._held)
        self._held.clear()
        self._room = self._form.piece_size
        self._form.count(piece)
        self._put(lambda: self._form.squeeze(piece))


def compress(kind: str, write: Write, level: int | None = None) -> Compressor:
    """A compressor to `none`, `gzip` or `zstd` that works while it is written to.

    level: gzip 0–3 (isal's scale), zstd 1–22; None is the library's middle. Raises Invalid.
    """
    return Compressor(form_of(kind, level), lambda work: write(work()))


def form_of(kind: str, level: int | None = None) -> Form:
    """For one stream. Raises Invalid, as `compress`."""
    if kind not in _FORMS:
        raise Invalid(f"unknown compression {kind!r}", hint="use " + ", ".join(_FORMS))
    form, levels, usual = _FORMS[kind]
    if level is not None and level not in levels:
        raise Invalid(f"{kind} has no compression level {level}", hint=f"use {levels.start} to {levels.stop - 1}")
    return form(usual if level is None else level)


def decompress(stream: BinaryIO) -> BinaryIO:
    """What is inside a stream, told by its first bytes; the same bytes if it is nothing that we know.

    Reading raises Corrupt when the data are damaged or cut short.
    """
    head = b""
    while len(head) < _MAGIC_SIZE and (more := stream.read(_MAGIC_SIZE - len(head))):
        head += more
    whole = _Rejoined(head, stream)
    kind = kind_of(head)
    raw = _Inflated(whole, kind, *_INFLATERS[kind]()) if kind in _INFLATERS else whole
    return cast(BinaryIO, io.BufferedReader(raw, _CHUNK))


def kind_of(head: bytes) -> str:
    """`gzip`, `zstd`, `bzip2`, `xz` or `none`, told by the first bytes."""
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "none")


_MAGIC = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    *((bytes([low]) + b"\x2a\x4d\x18", "zstd") for low in range(0x50, 0x60)),  # a frame to skip, which may come first
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
)
_MAGIC_SIZE = max(len(magic) for magic, _ in _MAGIC)


class _Rejoined(io.RawIOBase):
    """A stream with the bytes that were looked at put back in front."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._head or self._rest.read(len(buffer))
        count = min(len(data), len(buffer))
        buffer[:count] = data[:count]
        self._head = self._head[count:]
        return count


class _Inflated(io.RawIOBase):
    """The content of members of one kind, one after another as gzip and zstd allow, zeros after the last ignored."""

    def __init__(self, source: _Rejoined, kind: str, inflater: Callable[[], Inflater], error: type[Exception]) -> None:
        self._source = io.BufferedReader(source, _CHUNK)
        self._kind = kind
        self._new = inflater
        self._error = error
        self._member: Inflater | None = inflater()
        self._data = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._data and self._member is not None:
            self._data = memoryview(self._inflate(self._member))
        count = min(len(self._data), len(buffer))
        buffer[:count] = self._data[:count]
        self._data = self._data[count:]
        return count

    def _inflate(self, member: Inflater) -> bytes:
        if member.eof:
            return self._next(member.unused_data)
        data = b""
        if member.needs_input and not (data := self._source.read1(_CHUNK)):
            raise Corrupt(f"the {self._kind} data end too early", hint="the file may have been cut short")
        return self._feed(member, data)

    def _feed(self, member: Inflater, data: bytes) -> bytes:
        try:
            return member.decompress(data, _CHUNK)
        except self._error as error:
            raise Corrupt(f"the {self._kind} data are damaged: {error}") from error

    def _next(self, rest: bytes) -> bytes:
        """Goes on to the member that follows, if any, and feeds it what was read of it."""
        while not (rest := rest.lstrip(b"\0")):
            if not (rest := self._source.read1(_CHUNK)):
                self._member = None
                return b""
        while len(rest) < _MAGIC_SIZE and (more := self._source.read1(_CHUNK)):
            rest += more
        if kind_of(rest) != self._kind:
            raise Corrupt(f"the {self._kind} data are followed by something else")
        self._member = self._new()
        return self._feed(self._member, rest)


class _ZstdFrame:
    """One frame. The library gives back all that its input stands for, so that is fed in small portions: four bytes
    can stand for 128 KiB."""

    _PORTION = 1 << 12

    def __init__(self) -> None:
        import zstandard

        # 128 MiB of history is what `zstd` grants without being asked, and its formats up to level 19 stay below.
        self._frame = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        self._input = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def needs_input(self) -> bool:
        return not self._input

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data + bytes(self._input)

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        if data:
            self._input = memoryview(data)
        portion, self._input = self._input[: self._PORTION], self._input[self._PORTION :]
        return self._frame.decompress(portion)


class _Plain:
    """No compression."""

    piece_size = 1 << 20
    head = b""

    def __init__(self, level: int) -> None:
        pass

    def squeeze(self, piece: bytes) -> bytes:
        return piece

    def count(self, piece: bytes) -> None:
        pass

    def tail(self) -> bytes:
        return b""


class _Gzip:
    """One member (RFC 1952), whose blocks begin anew with each piece and at a whole byte, as pigz has them: a flush is
    what makes that of the end of a piece."""

    piece_size = 1 << 20
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # without name and time, made on an unknown system
    _LAST_BLOCK = b"\x03\0"  # an empty one

    def __init__(self, level: int) -> None:
        from isal import isal_zlib

        self._library = isal_zlib
        self._level = level
        self._crc = 0
        self._size = 0

    def squeeze(self, piece: bytes) -> bytes:
        library = self._library
        squeezer = library.compressobj(self._level, library.DEFLATED, -library.MAX_WBITS)
        squeezed: bytes = squeezer.compress(piece) + squeezer.flush(library.Z_FULL_FLUSH)
        return squeezed

    def count(self, piece: bytes) -> None:
        self._crc = self._library.crc32(piece, self._crc)
        self._size += len(piece)

    def tail(self) -> bytes:
        return self._LAST_BLOCK + struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)


class _Zstd:
    """A frame for each piece; where there is none an empty one, for nothing at all would be no zstd."""

    piece_size = 2 << 20  # zstd's window at its usual level: as one frame it would be half a percent smaller
    head = b""

    def __init__(self, level: int) -> None:
        import zstandard

        self._library = zstandard
        self._level = level
        self._is_empty = True

    def squeeze(self, piece: bytes) -> bytes:
        return self._library.ZstdCompressor(level=self._level, write_checksum=True).compress(piece)

    def count(self, piece: bytes) -> None:
        self._is_empty = False

    def tail(self) -> bytes:
        return self.squeeze(b"") if self._is_empty else b""


# The libraries are imported when they are used: most commands need none of them.


def _inflate_gzip() -> tuple[Callable[[], Inflater], type[Exception]]:
    from isal import igzip_lib

    return lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), cast("type[Exception]", igzip_lib.IsalError)


def _inflate_zstd() -> tuple[Callable[[], Inflater], type[Exception]]:
    import zstandard

    return _ZstdFrame, zstandard.ZstdError


def _inflate_bzip2() -> tuple[Callable[[], Inflater], type[Exception]]:
    import bz2

    return bz2.BZ2Decompressor, OSError


def _inflate_xz() -> tuple[Callable[[], Inflater], type[Exception]]:
    import lzma

    return lambda: lzma.LZMADecompressor(memlimit=256 << 20), lzma.LZMAError


_INFLATERS = {"gzip": _inflate_gzip, "zstd": _inflate_zstd, "bzip2": _inflate_bzip2, "xz": _inflate_xz}
_FORMS: dict[str, tuple[Callable[[int], Form], range, int]] = {
    "none": (_Plain, range(1), 0),
    "gzip": (_Gzip, range(4), 2),
    "zstd": (_Zstd, range(1, 23), 3),
}
