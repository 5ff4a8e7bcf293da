"""Where the operating system's and SQLite's errors become ours: one sentence that says what was being done."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from onggi.errors import Conflict, Corrupt, Denied, Invalid, OnggiError, Unavailable

_FULL = "free some space or run onggi system prune"
_KINDS: dict[int, tuple[type[OnggiError], str, str]] = {
    errno.ENOSPC: (Unavailable, "no space left on", _FULL),
    errno.EDQUOT: (Unavailable, "no space left (quota) on", _FULL),
    errno.EACCES: (Denied, "no permission in", "run onggi as the owner of the store, or choose another with --root"),
    errno.EPERM: (Denied, "not permitted in", "run onggi as the owner of the store, or choose another with --root"),
    errno.EROFS: (Denied, "read-only:", "choose another store with --root"),
    errno.EIO: (Unavailable, "the disk failed under", ""),
    errno.EMFILE: (Unavailable, "too many open files in", "raise the limit with ulimit -n"),
    errno.ENAMETOOLONG: (Invalid, "a name is too long for", ""),
    errno.EBUSY: (Conflict, "something is still mounted in", ""),
}


@contextmanager
def during(place: os.PathLike[str], work: str) -> Iterator[None]:
    """Translate errors of `work` ("storing layer …") done in the folder `place`. Others pass as they are."""
    try:
        yield
    except OSError as error:
        found = _KINDS.get(error.errno or 0)
        if found is None:
            raise
        kind, words, hint = found
        raise kind(f"{words} {place} while {work}", hint=hint) from error
    except sqlite3.Error as error:
        raise _translate(error, place, work) from error


def _translate(error: sqlite3.Error, place: os.PathLike[str], work: str) -> OnggiError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            return Unavailable(f"no space left on {place} while {work}", hint=_FULL)
        case sqlite3.SQLITE_IOERR if os.statvfs(place).f_bavail == 0:  # its index file could not grow
            return Unavailable(f"no space left on {place} while {work}", hint=_FULL)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Unavailable(f"the store {place} is kept busy by another process while {work}")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return Denied(f"no permission to write the store {place} while {work}")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Corrupt(f"the database of the store {place} is damaged ({error})")
        case _:
            return Unavailable(f"the store {place} failed while {work}: {error}")
