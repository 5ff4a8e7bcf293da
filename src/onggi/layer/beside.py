"""Files that appear whole or not at all: written beside their place, then renamed into it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from onggi.errors import Denied, Invalid, NotFound, OnggiError, Unavailable
from onggi.layer.refusal import refused

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def check(path: str) -> None:
    """Whether a file can be written at `path`. Raises Invalid, NotFound, Denied, Unavailable."""
    if os.path.isdir(path):
        raise Invalid(f"{path} is a folder", hint="name the file to write")
    if not _is_special(path):
        check_folder(os.path.dirname(os.path.realpath(path)))


def check_folder(folder: str) -> None:
    """Whether something can be made in an existing folder."""
    if not os.path.isdir(folder):
        raise NotFound(f"there is no folder {folder}", hint="make it first, or name another")
    if os.access(folder, os.W_OK | os.X_OK):
        return
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise Unavailable(f"{folder} is on a file system that is read-only")
    raise Denied(f"no permission to write into {folder}")


def rewrite(path: str, data: bytes) -> None:
    """Gives a file that is there another content; its mode and owner stay. Raises as `writing` does."""
    with writing(path, like=os.stat(path)) as file:
        file.write(data)


@contextmanager
def writing(path: str, *, like: os.stat_result | None = None) -> Iterator[BinaryIO]:
    """The file `path`, to be written; devices and pipes (/dev/stdout, a fifo) are written to, not replaced. It gets the
    mode and owner of `like`, or those of a new file. What keeps it from being written is raised as `cannot_write` has
    it."""
    check(path)
    try:
        if _is_special(path):
            with open(path, "wb") as special:
                yield special
        else:
            with _replacing(os.path.realpath(path), like) as file:
                yield file
    except OSError as error:
        # Anything else may come from what is read meanwhile.
        if error.errno in _FULL or _is_beside(error.filename, path):
            raise cannot_write(path, error) from error
        raise


def _is_beside(name: object, path: str) -> bool:
    return isinstance(name, str) and os.path.dirname(name) == os.path.dirname(os.path.realpath(path))


def cannot_write(path: str, error: OSError) -> OnggiError:
    """The error to raise where `path` cannot be made or filled."""
    if error.errno == errno.ENOENT:  # as /proc says it, whose folders are there
        return Denied(f"{path} cannot be made: its file system takes no new files")
    return refused(path, error)


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


@contextmanager
def _replacing(path: str, like: os.stat_result | None) -> Iterator[BinaryIO]:
    folder, name = os.path.split(path)
    draft = os.path.join(folder, f".{name}.{os.urandom(8).hex()}")
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b") as file:
            yield file
            if like is None:
                os.fchmod(file.fileno(), 0o666 & ~_umask())
            else:
                _make_alike(file.fileno(), like)
            file.flush()
            os.rename(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def _make_alike(file: int, like: os.stat_result) -> None:
    made = os.fstat(file)
    if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(file, like.st_uid, like.st_gid)
    os.fchmod(file, stat.S_IMODE(like.st_mode))


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
