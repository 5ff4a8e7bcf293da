"""The small files of a control group."""

from __future__ import annotations

import errno
import os
import time

from onggi.errors import Conflict, Denied, Invalid, OnggiError, Unavailable, Unsupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LABELS = ("default", "oom_kill_disable")
"""What some files put before the number that they take: io.weight, memory.oom_control."""


def read(path: str) -> str:
    with open(path) as file:
        return file.read()


def write(path: str, text: str) -> None:
    """As `echo TEXT > path` does. With a newline: nothing at all would not be a write, and so not empty a list."""
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(descriptor, f"{text}\n".encode())
    finally:
        os.close(descriptor)


def keyed(path: str) -> dict[str, int]:
    """What a file of lines `key number` says ("flat keyed" in cgroup-v2.rst)."""
    return {key: int(number) for key, number in (line.split() for line in read(path).splitlines())}


def processes(folder: str) -> list[int]:
    """Those of a group, without those of groups below it. None once it is gone; a threaded group of version 2 has none
    of its own, but those of a group above it."""
    try:
        return [int(pid) for pid in read(f"{folder}/cgroup.procs").split()]
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENODEV, errno.EOPNOTSUPP):
            return []
        raise


def with_descendants(folder: str) -> Iterator[str]:
    """The folder and all groups below it, inner before outer."""
    try:
        below = [entry.path for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return
    for child in below:
        yield from with_descendants(child)
    yield folder


def eventually(claim: Callable[[], bool], seconds: float) -> bool:
    """Whether `claim` comes true in so much time."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


class Alarm:
    """A descriptor that is ready, for `events` of poll(2), once something has happened in a group, until heard."""

    def __init__(self, descriptor: int, events: int, hear: Callable[[int], object]) -> None:
        self.descriptor = descriptor
        self.events = events
        self._hear = hear

    def hear(self) -> None:
        self._hear(self.descriptor)

    def close(self) -> None:
        os.close(self.descriptor)


class Setting:
    """A text for one of the files. `unset`, for a file with a line for each device: what takes the line away."""

    def __init__(self, path: str, text: str, unset: str = "") -> None:
        self.path = path
        self.text = text
        self.unset = unset

    def before(self) -> str:
        """What the file would have to be told for it to be as it is now."""
        lines = read(self.path).splitlines()
        if self.unset:
            device = self.text.split()[0]
            return next((line for line in lines if line.split()[0] == device), self.unset)
        words = lines[0].split() if lines else []
        return " ".join(words[1:] if words[:1] and words[0] in LABELS else words)


def apply(settings: Iterable[Setting]) -> None:
    """Write all of them or none: where the kernel refuses one, those before it are put back."""
    done: list[tuple[str, str]] = []
    for setting in settings:
        try:
            before = setting.before()
            write(setting.path, setting.text)
        except OSError as error:
            for path, text in reversed(done):
                write(path, text)
            raise _refused(setting, error) from error
        done.append((setting.path, before))


_MEANINGS = {
    errno.EBUSY: Conflict,
    errno.ENOENT: Unsupported,
    errno.EOPNOTSUPP: Unsupported,
    errno.EPERM: Denied,
    errno.EACCES: Denied,
    errno.EROFS: Denied,
    errno.ENOSPC: Unavailable,
}


def _refused(setting: Setting, error: OSError) -> OnggiError:
    file = os.path.basename(setting.path)
    if error.errno == errno.ENOENT:
        return Unsupported(f"this kernel has no {file}, so it cannot be set to {setting.text}")
    return _MEANINGS.get(error.errno or 0, Invalid)(f"the kernel refuses {setting.text} for {file}: {error.strerror}")
