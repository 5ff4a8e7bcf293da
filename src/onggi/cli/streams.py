"""What comes in and goes out: files, or stdin and stdout; and how wide a terminal is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO

from onggi.errors import Invalid


@contextmanager
def output(path: str, verb: str) -> Iterator[BinaryIO]:
    """The file `path`, which appears whole or not at all, or stdout if `path` is empty."""
    if not path:
        if sys.stdout.isatty():
            raise Invalid(f"refusing to {verb} to a terminal", hint="use -o FILE, or send it to a file or a pipe")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from onggi.layer import beside

    with beside.writing(path) as file:
        yield file


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


def columns(stream: TextIO) -> int | None:
    """How wide the terminal is that `stream` is; None where it is none, for what reads a pipe cuts lines as it likes,
    or one that does not say."""
    return (os.get_terminal_size(stream.fileno()).columns or None) if stream.isatty() else None
