"""A tar stream → its entries, whichever program wrote it.

Read: v7, ustar, PAX (local and global), GNU (long names, base-256 numbers), star's prefix, GNU sparse files in all four
forms. What is not a tar, or ends early, is Corrupt; what is a tar but nothing a root file system can hold, Unsupported.
POSIX.1-2017, pax; GNU tar manual, "Tar Internals". Where dialects differ, Go's archive/tar is followed, as in Docker.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator

from onggi.errors import Corrupt, Invalid, Unsupported
from onggi.layer import pax, sparse, tar
from onggi.layer.likeness import not_a_tar
from onggi.layer.member import Member
from onggi.layer.source import Source

_ZERO = bytes(tar.BLOCK)
_MAX_EXTENDED = 1 << 20
"""Bytes of one PAX or long-name header, as in Go's archive/tar."""
_LONG_NAME, _LONG_LINK = b"L", b"K"
_OLD_FILE, _CONTIGUOUS, _OLD_SPARSE = b"\0", b"7", b"S"
_LABEL = b"V"
_HEADER_ONLY = frozenset({tar.HARD_LINK, tar.SYMLINK, tar.CHARACTER, tar.DEVICE, tar.FOLDER, tar.FIFO})
_DATA = frozenset({tar.FILE, _OLD_FILE, _CONTIGUOUS, _OLD_SPARSE})
_SECOND = 1_000_000_000


def members(source: Source, *, needs_end: bool = True) -> Iterator[Member]:
    """Yields each entry; its data are the next `size` bytes of `source`, what is left of them is skipped. Unless it
    `needs_end` the tar may be over right behind the last entry's data."""
    shared: dict[bytes, bytes] = {}
    records: list[tuple[bytes, bytes]] = []
    long_name = long_link = None
    check_is_tar(source.look(tar.BLOCK))
    while (needs_end or source.look(1)) and (block := _next_block(source)) != _ZERO:
        kind = block[156:157]
        size = _number(block[124:136])
        if kind in (tar.PAX, tar.PAX_GLOBAL, _LONG_NAME, _LONG_LINK):
            data = _extended(source, size)
            if kind == tar.PAX:
                records = pax.records(data)
            elif kind == tar.PAX_GLOBAL:
                shared.update(pair for pair in pax.records(data) if pair[0] in pax.SHARED)
            elif kind == _LONG_NAME:
                long_name = data.partition(b"\0")[0]
            else:
                long_link = data.partition(b"\0")[0]
            continue
        member = _member(block, kind, size, long_name, long_link)
        if shared or records:
            pax.apply(member, {**shared, **dict(records)})
        source.name = str(member)
        _check(member)
        if kind == _OLD_SPARSE or (records and member.kind == tar.FILE):
            member.holes = _holes(member, source, block, records)
            member.kind = tar.FILE
        end = source.position + member.size
        padding = -member.size % tar.BLOCK
        if kind != _LABEL:
            yield member
        source.skip(end - source.position)
        if needs_end:
            source.skip(padding)
        else:
            source.skip_padding(padding)
        records = []
        long_name = long_link = None
        source.name = "the tar"
    source.drain()


def _holes(member: Member, source: Source, block: bytes, records: list[tuple[bytes, bytes]]) -> sparse.Map | None:
    """Reads a sparse file's map, wherever it is. In PAX 1.0 it is a part of the data, which begin after it."""
    start = source.position
    try:
        if member.kind == _OLD_SPARSE:
            holes: sparse.Map | None = sparse.old_gnu(block, source.take)
        else:
            holes = sparse.pax(records, source.take)
            member.size -= source.position - start
    except ValueError as error:
        raise Corrupt(f"{member}: {error}") from error
    if holes is not None and holes.data_size() > member.size:
        raise Corrupt(f"{member}: a sparse file with fewer data than its segments need")
    return holes


def check_is_tar(head: bytes, wanted: str = "a tar") -> None:
    """Raises Corrupt, with what it looks like instead, unless what begins with `head`, a block or all there is, can be
    a tar. `wanted` is what was asked for."""
    if not is_header(head) and head != _ZERO:
        raise not_a_tar(head, wanted)


def is_header(block: bytes) -> bool:
    """Whether a file that begins so can be a tar: its first block's checksum is right."""
    return len(block) >= tar.BLOCK and _has_checksum(block[: tar.BLOCK])


def _next_block(source: Source) -> bytes:
    source.name = f"the header at byte {source.position}"
    block = source.take(tar.BLOCK)
    if block != _ZERO and not _has_checksum(block):
        raise Corrupt(f"no tar header at byte {source.position - tar.BLOCK}: the checksum is wrong")
    return block


def _has_checksum(block: bytes) -> bool:
    try:
        said = _number(block[148:156])
    except Corrupt:
        return False
    own = tar.byte_sum(block) - sum(block[148:156]) + 8 * ord(" ")
    # Some old tars summed signed characters: each byte from 128 on counts 256 less.
    return said == own or said == own - 256 * sum(byte > 127 for byte in block[:148] + block[156:])


def _member(block: bytes, kind: bytes, size: int, long_name: bytes | None, long_link: bytes | None) -> Member:
    name = block[:100].partition(b"\0")[0] if long_name is None else long_name
    if long_name is None and block[257:263] == b"ustar\0" and block[345]:
        # star keeps two times at the end of the prefix field and says so in the last bytes.
        prefix = block[345:476] if block[508:] == b"tar\0" else block[345:500]
        name = prefix.partition(b"\0")[0] + b"/" + name
    member = Member(
        raw_name=name,
        kind=kind,
        mode=_short_number(block[100:108]) & 0o7777,
        uid=_short_number(block[108:116]),
        gid=_short_number(block[116:124]),
        size=size,
        mtime_ns=_number(block[136:148]) * _SECOND,
        link=(block[157:257].partition(b"\0")[0] if block[157] else b"") if long_link is None else long_link,
    )
    if kind in (tar.CHARACTER, tar.DEVICE):
        member.device = (_number(block[329:337]), _number(block[337:345]))
    return member


def _check(member: Member) -> None:
    """What no root file system can hold is refused here, with the entry's name."""
    if member.kind not in _DATA and member.kind not in _HEADER_ONLY and member.kind != _LABEL:
        raise Unsupported(f"{member}: tar entries of type {os.fsdecode(member.kind)!r} cannot be unpacked")
    if member.kind in _HEADER_ONLY:
        member.size = 0  # a hard link's header may give its target's size, but no data follow
    if member.size < 0:
        raise Corrupt(f"{member}: its size is negative")
    if not (0 <= member.uid < 0xFFFFFFFF and 0 <= member.gid < 0xFFFFFFFF):
        raise Invalid(f"{member}: no owner has the number {member.uid}:{member.gid}")
    if not -(2**62) < member.mtime_ns < 2**62:
        raise Invalid(f"{member}: its time is out of range")
    if not (0 <= member.device[0] < 1 << 12 and 0 <= member.device[1] < 1 << 20):
        raise Invalid(f"{member}: no device has the number {member.device[0]}:{member.device[1]}")
    if member.kind in (_OLD_FILE, tar.FILE) and member.raw_name.endswith(b"/"):
        member.kind = tar.FOLDER  # how tars older than POSIX write a folder
    elif member.kind in (_OLD_FILE, _CONTIGUOUS):
        member.kind = tar.FILE


def _extended(source: Source, size: int) -> bytes:
    if not 0 <= size <= _MAX_EXTENDED:
        raise Corrupt(f"an extended header of {size} bytes at byte {source.position}; at most {_MAX_EXTENDED} are read")
    data = source.take(size)
    source.skip(-size % tar.BLOCK)
    return data


def _number(field: bytes) -> int:
    """An octal field, or base-256 with the top bit set (GNU, star); raises Corrupt."""
    if field[0] & 0x80:
        number = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        return number - (1 << (8 * len(field) - 1)) if field[0] & 0x40 else number
    digits = field.strip(b" \0").partition(b"\0")[0]
    if not digits:
        return 0
    try:
        if digits.isdigit():
            return int(digits, 8)
    except ValueError:
        pass
    raise Corrupt(f"a tar header has {os.fsdecode(digits)!r} where an octal number belongs")


_short_number = functools.lru_cache(maxsize=256)(_number)
"""For the fields that hold the same few values in entry after entry."""
