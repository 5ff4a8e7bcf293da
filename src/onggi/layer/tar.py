"""Tar headers as we write them: ustar, with a PAX header before it only for what ustar cannot say.

The bytes are canonical: one header for given facts, no names of owners, whole seconds, no padding beyond the two zero
blocks at the end. POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; SCHILY.xattr.* as in star(1).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping

import msgspec

BLOCK = 512
END = bytes(2 * BLOCK)
PADDING = tuple(bytes(-size % BLOCK) for size in range(BLOCK))
"""What fills the last block of data, by size modulo BLOCK."""

FILE, HARD_LINK, SYMLINK, CHARACTER, DEVICE, FOLDER, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
PAX, PAX_GLOBAL = b"x", b"g"
XATTR = b"SCHILY.xattr."

_MAX_NAME = 100
_MAX_PREFIX = 155
_MAX_SHORT = 0o7777777  # mode, uid, gid, device numbers
_MAX_LONG = 0o77777777777  # size, mtime
_LIMITS = {"uid": _MAX_SHORT, "gid": _MAX_SHORT, "size": _MAX_LONG, "mtime": _MAX_LONG}
"""Numbers that PAX gives, and the header zero, where they do not fit."""
_PAX_NAME = b"././@PaxHeader"  # what Python's tarfile writes; a reader without PAX puts it out of the way
_NOT_ASCII = bytes(range(128, 256))
_NO_DEVICE = b"ustar\00000" + bytes(64) + b"0000000\x000000000\0" + bytes(167)


class Header(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a tar says of an entry. `mode` is without the type, `mtime` in seconds, `device` as st_rdev."""

    name: bytes
    kind: bytes
    mode: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    link: bytes = b""
    device: int = 0
    xattrs: Mapping[str, bytes] = {}


def encode(header: Header) -> bytes:
    """The blocks that go before an entry's data."""
    if (
        len(header.name) <= _MAX_NAME
        and 0 <= header.mtime <= _MAX_LONG
        and header.size <= _MAX_LONG
        and header.uid <= _MAX_SHORT
        and header.gid <= _MAX_SHORT
        and not header.xattrs
        and len(header.link) <= _MAX_NAME
        and header.name.isascii()
        and header.link.isascii()
    ):
        return _ustar(header)
    prefix, short = _split(header.name)
    records = {os.fsencode(f"SCHILY.xattr.{key}"): value for key, value in header.xattrs.items()}
    if short != header.name and not prefix:
        records[b"path"] = header.name
    if len(header.link) > _MAX_NAME or not header.link.isascii():
        records[b"linkpath"] = header.link
    fitting = {}
    for field, limit in _LIMITS.items():
        number = getattr(header, field)
        if not 0 <= number <= limit:
            records[field.encode()] = b"%d" % number
            fitting[field] = 0
    main = _ustar(msgspec.structs.replace(header, name=short, link=_ascii(header.link), **fitting), prefix)
    return _pax(records) + main if records else main


def _ustar(header: Header, prefix: bytes = b"") -> bytes:
    if header.device or prefix:
        tail = b"ustar\00000%b%07o\0%07o\0%b" % (
            bytes(64),
            os.major(header.device),
            os.minor(header.device),
            prefix.ljust(_MAX_PREFIX + 12, b"\0"),
        )
    else:
        tail = _NO_DEVICE
    block = b"%b%07o\0%07o\0%07o\0%011o\0%011o\0        %b%b%b" % (
        header.name.ljust(_MAX_NAME, b"\0"),
        header.mode,
        header.uid,
        header.gid,
        header.size,
        header.mtime,
        header.kind,
        header.link.ljust(_MAX_NAME, b"\0"),
        tail,
    )
    return b"%b%06o\0 %b" % (block[:148], byte_sum(block), block[156:])


def byte_sum(block: bytes) -> int:
    """The sum of a header's bytes, eight times faster than `sum`: the low half of adler32 is one more than the bytes'
    sum modulo 65521, which 256 bytes cannot reach."""
    return (zlib.adler32(block[:256]) & 0xFFFF) + (zlib.adler32(block[256:]) & 0xFFFF) - 2


def _split(name: bytes) -> tuple[bytes, bytes]:
    """(prefix, name) for the two ustar fields; without a prefix the name may be cut, and PAX must give it."""
    if name.isascii() and _MAX_NAME < len(name) <= _MAX_PREFIX + 1 + _MAX_NAME:
        cut = name.rfind(b"/", 0, min(_MAX_PREFIX + 1, len(name) - 1))
        if cut > 0 and len(name) - cut - 1 <= _MAX_NAME:
            return name[:cut], name[cut + 1 :]
    return b"", _ascii(name)


def _ascii(name: bytes) -> bytes:
    """As much of a name as the field holds, for readers that do not know PAX."""
    return name.translate(None, _NOT_ASCII)[:_MAX_NAME]


def _pax(records: Mapping[bytes, bytes]) -> bytes:
    data = b"".join(_record(key, records[key]) for key in sorted(records))
    head = _ustar(Header(name=_PAX_NAME, kind=PAX, mode=0o644, size=len(data)))
    return head + data + PADDING[len(data) % BLOCK]


def _record(key: bytes, value: bytes) -> bytes:
    """`LENGTH KEY=VALUE\\n`, where LENGTH counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %b=%b\n" % (length, key, value)
