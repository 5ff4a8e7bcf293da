"""Tar headers as we write them: ustar, with a PAX header before it only for what ustar cannot say.

The bytes are canonical: one header for given facts, no names of owners, whole seconds, no padding beyond the two zero
blocks at the end. POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; SCHILY.xattr.* as in star(1).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping

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
_PAX_NAME = b"././@PaxHeader"  # what Python's tarfile writes; a reader without PAX puts it out of the way
_NOT_ASCII = bytes(range(128, 256))
_NO_DEVICE = b"ustar\00000" + bytes(64) + b"0000000\x000000000\0" + bytes(167)


def header(
    name: bytes,
    kind: bytes,
    mode: int,
    uid: int,
    gid: int,
    size: int,
    mtime: int,
    link: bytes = b"",
    device: int = 0,
    xattrs: Mapping[str, bytes] | None = None,
) -> bytes:
    """The blocks that go before an entry's data. mtime in seconds; mode without the type; device as st_rdev."""
    if (
        len(name) <= _MAX_NAME
        and 0 <= mtime <= _MAX_LONG
        and size <= _MAX_LONG
        and uid <= _MAX_SHORT
        and gid <= _MAX_SHORT
        and not xattrs
        and len(link) <= _MAX_NAME
        and name.isascii()
        and link.isascii()
    ):
        return _ustar(name, b"", kind, mode, uid, gid, size, mtime, link, device)
    prefix, short = _split(name)
    records = {os.fsencode(f"SCHILY.xattr.{key}"): value for key, value in (xattrs or {}).items()}
    if short != name and not prefix:
        records[b"path"] = name
    if len(link) > _MAX_NAME or not link.isascii():
        records[b"linkpath"] = link
    for key, number, limit in ((b"uid", uid, _MAX_SHORT), (b"gid", gid, _MAX_SHORT), (b"size", size, _MAX_LONG)):
        if number > limit:
            records[key] = b"%d" % number
    if not 0 <= mtime <= _MAX_LONG:
        records[b"mtime"] = b"%d" % mtime
    main = _ustar(
        short,
        prefix,
        kind,
        mode,
        _fitting(uid, _MAX_SHORT),
        _fitting(gid, _MAX_SHORT),
        _fitting(size, _MAX_LONG),
        _fitting(mtime, _MAX_LONG),
        _ascii(link),
        device,
    )
    return _pax(records) + main if records else main


def _ustar(
    name: bytes,
    prefix: bytes,
    kind: bytes,
    mode: int,
    uid: int,
    gid: int,
    size: int,
    mtime: int,
    link: bytes,
    device: int,
) -> bytes:
    if device or prefix:
        tail = b"ustar\00000%b%07o\0%07o\0%b" % (
            bytes(64),
            os.major(device),
            os.minor(device),
            prefix.ljust(_MAX_PREFIX + 12, b"\0"),
        )
    else:
        tail = _NO_DEVICE
    block = b"%b%07o\0%07o\0%07o\0%011o\0%011o\0        %b%b%b" % (
        name.ljust(_MAX_NAME, b"\0"),
        mode,
        uid,
        gid,
        size,
        mtime,
        kind,
        link.ljust(_MAX_NAME, b"\0"),
        tail,
    )
    return b"%b%06o\0 %b" % (block[:148], byte_sum(block), block[156:])


def byte_sum(block: bytes) -> int:
    """The sum of a header's bytes, eight times faster than `sum`: the low half of adler32 is one more than the bytes'
    sum modulo 65521, which 256 bytes cannot reach."""
    return (zlib.adler32(block[:256]) & 0xFFFF) + (zlib.adler32(block[256:]) & 0xFFFF) - 2


def _fitting(number: int, limit: int) -> int:
    """What the field holds when PAX has the true number."""
    return number if 0 <= number <= limit else 0


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
    head = _ustar(_PAX_NAME, b"", PAX, 0o644, 0, 0, len(data), 0, b"", 0)
    return head + data + PADDING[len(data) % BLOCK]


def _record(key: bytes, value: bytes) -> bytes:
    """`LENGTH KEY=VALUE\\n`, where LENGTH counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %b=%b\n" % (length, key, value)
