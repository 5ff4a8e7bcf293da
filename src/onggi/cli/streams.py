"""Tars in and out: files, or stdin and stdout where those are not terminals."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from onggi.errors import Invalid, NotFound


@contextmanager
def output(path: str, verb: str) -> Iterator[BinaryIO]:
    """The file `path`, which appears whole or not at all, or stdout if `path` is empty."""
    if not path:
        if sys.stdout.isatty():
            raise Invalid(f"refusing to {verb} to a terminal", hint="use -o FILE, or send it to a file or a pipe")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if _is_special(path):
        with open(path, "wb") as special:
            yield special
        return
    with _replacing(os.path.realpath(path)) as file:
        yield file


def _is_special(path: str) -> bool:
    """Devices and pipes (/dev/stdout, a fifo) are written to, not replaced."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise Invalid(f"{path} is a folder", hint="name the file to write")
    return not stat.S_ISREG(mode)


@contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    import tempfile

    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise NotFound(f"there is no folder {folder}", hint="make it first, or name another with -o")
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{os.path.basename(path)}.", delete=False) as file:
        try:
            yield file  # type: ignore[misc]
            umask = os.umask(0)
            os.umask(umask)
            os.fchmod(file.fileno(), 0o666 & ~umask)
            file.flush()
            os.rename(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def read(path: str, what: str) -> bytes:
    """All of a file that an option names; `what` it is, for the message. Raises Invalid."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Invalid(f"cannot read the {what} {path}: {error.strerror}") from error


@contextmanager
def source(path: str, verb: str) -> Iterator[BinaryIO]:
    """The file `path`, or stdin if `path` is empty or `-`."""
    if path not in ("", "-"):
        with open(path, "rb") as file:
            yield file
        return
    if sys.stdin.isatty():
        raise Invalid(f"refusing to {verb} from a terminal", hint="name a file, or send the tar in through a pipe")
    yield sys.stdin.buffer
