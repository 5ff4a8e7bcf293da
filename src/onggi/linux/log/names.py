"""The names of a log's files: the newest, and the older ones behind it."""

from __future__ import annotations

import fcntl
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

COMPRESSED = ".gz"


def older(path: str, age: int) -> str:
    """The file that was the newest `age` files ago, before it is compressed."""
    return f"{path}.{age}" if age else path


def shift(path: str, count: int) -> None:
    """Make place for a newest file, and leave at most `count` with it."""
    folder = lock()
    try:
        for age in range(min(_oldest(path), count - 1), -1, -1):
            for ending in ("", COMPRESSED):
                if age == count - 1:
                    _forget(older(path, age) + ending)
                else:
                    _move(older(path, age) + ending, older(path, age + 1) + ending)
    finally:
        os.close(folder)


def uncompressed(path: str) -> Iterator[str]:
    """Those of the older files that are not compressed, the oldest first."""
    return (name for age in range(_oldest(path), 0, -1) if os.path.exists(name := older(path, age)))


def _oldest(path: str) -> int:
    """Its age."""
    age = 0
    while os.path.exists(older(path, age + 1)) or os.path.exists(older(path, age + 1) + COMPRESSED):
        age += 1
    return age


def lock() -> int:
    """Nobody else gives them other names until the descriptor is closed. In the current folder."""
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(folder, fcntl.LOCK_EX)
    return folder


def _forget(name: str) -> None:
    try:
        os.unlink(name)
    except FileNotFoundError:
        pass


def _move(old: str, new: str) -> None:
    try:
        os.rename(old, new)
    except FileNotFoundError:
        pass
