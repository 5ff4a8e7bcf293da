"""Files that appear whole or not at all: written beside their place, then renamed into it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from onggi.errors import Denied, Invalid, NotFound, Unavailable


def check(path: str) -> None:
    """Whether a file can be written at `path`. Raises Invalid, NotFound, Denied, Unavailable."""
    if os.path.isdir(path):
        raise Invalid(f"{path} is a folder", hint="name the file to write")
    if not _is_special(path):
        check_folder(os.path.dirname(os.path.realpath(path)))


def check_folder(folder: str) -> None:
    """Whether something can be made in an existing folder."""
    if not os.path.isdir(folder):
        raise NotFound(f"there is no folder {folder}", hint="make it first, or name another with -o")
    if os.access(folder, os.W_OK | os.X_OK):
        return
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise Unavailable(f"{folder} is on a file system that is read-only")
    raise Denied(f"no permission to write into {folder}")


@contextmanager
def writing(path: str) -> Iterator[BinaryIO]:
    """The file `path`, to be written; devices and pipes (/dev/stdout, a fifo) are written to, not replaced."""
    check(path)
    if _is_special(path):
        with open(path, "wb") as special:
            yield special
        return
    with _replacing(os.path.realpath(path)) as file:
        yield file


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


@contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    folder, name = os.path.split(path)
    draft = os.path.join(folder, f".{name}.{os.urandom(8).hex()}")
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b") as file:
            yield file
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            file.flush()
            os.rename(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
