"""A file's kind and permissions: st_mode, and Go's os.FileMode, which is how they travel (io/fs, FileMode)."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from functools import lru_cache

FOLDER = 1 << 31
_KINDS: Mapping[int, int] = {
    stat.S_IFDIR: FOLDER,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFCHR: 1 << 26 | 1 << 21,
    stat.S_IFBLK: 1 << 26,
    stat.S_IFIFO: 1 << 25,
    stat.S_IFSOCK: 1 << 24,
}
"""None of these bits: a regular file. What is read is the first kind whose bits are all set."""
_FLAGS: Mapping[int, int] = {stat.S_ISUID: 1 << 23, stat.S_ISGID: 1 << 22, stat.S_ISVTX: 1 << 20}


def to_go(mode: int) -> int:
    flags = sum(flag for bit, flag in _FLAGS.items() if mode & bit)
    return _KINDS.get(stat.S_IFMT(mode), 0) | flags | mode & 0o777


@lru_cache(256)  # nearly all files of a tree have one of a few
def of_go(mode: int) -> int:
    """Bits that mean nothing here are left out."""
    kind = next((kind for kind, bits in _KINDS.items() if mode & bits == bits), stat.S_IFREG)
    flags = sum(bit for bit, flag in _FLAGS.items() if mode & flag)
    return kind | flags | mode & 0o777
