"""PAX records: what they say of an entry in place of its header (POSIX.1-2017, pax, "pax Header Block")."""

from __future__ import annotations

import os

from onggi.errors import Corrupt
from onggi.layer import tar, xattr
from onggi.layer.member import Member

SHARED = frozenset({b"uid", b"gid", b"mtime"})
"""What a global header can say of all entries; the rest of it (git's commit, …) is not about files."""

_PATH, _SPARSE_NAME = b"path", b"GNU.sparse.name"
_SECOND = 1_000_000_000


def records(data: bytes) -> list[tuple[bytes, bytes]]:
    """`LENGTH KEY=VALUE\\n` …; a list, because the oldest sparse form repeats keys."""
    found = []
    at = 0
    while at < len(data) and data[at]:
        digits = data[at : at + 8].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record = data[at : at + length]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if len(record) != length or not record.endswith(b"\n") or not equals or not key:
            raise Corrupt(f"a PAX header has a malformed record at its byte {at}")
        found.append((key, value))
        at += length
    return found


def apply(member: Member, records: dict[bytes, bytes]) -> None:
    """PAX records override the header; an empty value takes one back (pax, "Extended Header Keyword Precedence")."""
    if _SPARSE_NAME in records:
        # The path is then a made-up one (dir/GNUSparseFile.PID/name), for readers that know nothing of sparse files.
        records = {key: value for key, value in records.items() if key != _PATH}
    xattrs = {}
    for key, value in records.items():
        if key.startswith(tar.XATTR):
            xattrs[os.fsdecode(key[len(tar.XATTR) :])] = value
        elif value and key in _OVERRIDES:
            _OVERRIDES[key](member, value)
    if xattrs:
        member.xattrs = {name: xattrs[name] for name in sorted(xattrs) if xattr.is_carried(name)}


def _set_name(member: Member, value: bytes) -> None:
    if b"\0" in value:
        raise Corrupt(f"{member}: a PAX path holds a zero byte")
    member.raw_name = value


def _set_link(member: Member, value: bytes) -> None:
    if b"\0" in value:
        raise Corrupt(f"{member}: a PAX linkpath holds a zero byte")
    member.link = value


def _set_size(member: Member, value: bytes) -> None:
    member.size = _decimal(member, value)


def _set_uid(member: Member, value: bytes) -> None:
    member.uid = _decimal(member, value)


def _set_gid(member: Member, value: bytes) -> None:
    member.gid = _decimal(member, value)


def _set_mtime(member: Member, value: bytes) -> None:
    """Decimal seconds, perhaps with a fraction."""
    whole, _, fraction = value.partition(b".")
    negative = whole.startswith(b"-")
    nanoseconds = _decimal(member, fraction[:9].ljust(9, b"0"))
    total = _decimal(member, whole.removeprefix(b"-")) * _SECOND + nanoseconds
    member.mtime_ns = -total if negative else total


_OVERRIDES = {
    _PATH: _set_name,
    b"linkpath": _set_link,
    b"size": _set_size,
    b"uid": _set_uid,
    b"gid": _set_gid,
    b"mtime": _set_mtime,
    _SPARSE_NAME: _set_name,
}


def _decimal(member: Member, value: bytes) -> int:
    if not value.isdigit() or len(value) > 20:
        raise Corrupt(f"{member}: {os.fsdecode(value[:40])!r} in a PAX header is not a number")
    return int(value)
