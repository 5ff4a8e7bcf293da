"""Folders that are kept between builds: of each RUN --mount=type=cache, and of each folder that a client has sent, so
that what has not changed need not be sent again. They are cache-mounts/<name>/data.

Truth is in the folders alone; no row names them. One is made in tmp/ and renamed into place when it is complete, so
every folder that is there is whole. Whoever uses one holds a lock (flock) on the folder itself, shared or alone; who
removes one holds it alone. The kernel frees the lock of a process that dies, so nothing is to be mended after one.

Beside `data` lies `about.json`: what the folder is called, and what it took up on disk when it was last let go: the
time of that file. Losing it costs only a walk.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.decoders import decoder
from onggi.layer import removal
from onggi.store import usage
from onggi.store.disk import Disk

FOLDER = "cache-mounts"
Sharing: TypeAlias = Literal["shared", "private", "locked"]
Kind: TypeAlias = Literal["exec.cachemount", "source.local"]
"""As BuildKit calls a cache mount and a folder of a client's (client/diskusage.go)."""

_SENT: Kind = "source.local"
_DATA, _ABOUT = "data", "about.json"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05  # seconds between two tries


class KeptFolder(msgspec.Struct, frozen=True, kw_only=True):
    """One that is kept. `id` is what the Dockerfile calls it, or the name of the client's folder; `used` when it was
    last let go (seconds since the epoch), `disk` the bytes that it took up then."""

    name: str
    id: str
    used: float
    disk: int
    kind: Kind = "exec.cachemount"


class _About(msgspec.Struct, frozen=True):
    id: str
    disk: int
    kind: Kind = "exec.cachemount"


class KeptFolders:
    """Those of one store."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._root = disk.root / FOLDER

    @contextmanager
    def use(
        self,
        name: str,
        id: str,
        sharing: Sharing,
        fill: Callable[[Path], object] = lambda empty: None,
        ask: Callable[[], object] = lambda: None,
        *,
        kind: Kind = "exec.cachemount",
    ) -> Iterator[str]:
        """The one that is called `name`, from now on until the end of the block in nobody's way.

        `shared` waits while somebody has it alone, `locked` until nobody else has it; `private` takes the first of its
        siblings that nobody has. A new one is given to `fill`, as an empty folder. `ask` is called now and then while
        waiting; what it raises ends the wait.
        """
        new = _About(id, 0, kind)
        if sharing == "private":
            path, descriptor = self._first_free(name, new, fill)
        else:
            path, how = self.path(name), fcntl.LOCK_SH if sharing == "shared" else fcntl.LOCK_EX
            descriptor = self._wait(path, new, fill, how, ask)
        try:
            yield os.path.join(path, _DATA)
        finally:
            try:
                if kind == _SENT and self._disk.is_full():
                    self._empty(path)
                self._note(path, new)
            finally:
                os.close(descriptor)

    def _empty(self, path: str) -> None:
        """What a client can send again is not what a disk is kept full with."""
        for entry in os.listdir(os.path.join(path, _DATA)):
            removal.remove(os.path.join(path, _DATA, entry))

    def list(self) -> list[KeptFolder]:
        """All that are kept, by name."""
        try:
            names = sorted(os.listdir(self._root))
        except FileNotFoundError:
            return []
        return [found for name in names if (found := self._look(name))]

    def path(self, name: str) -> str:
        return str(self._root / name)

    def remove(self, name: str) -> int | None:
        """The bytes that came free; None if it is in use or gone."""
        path = self.path(name)
        with self._disk.during("removing a kept folder"):
            try:
                descriptor = _open(path)
            except FileNotFoundError:
                return None
            try:
                if not (_lock(descriptor, fcntl.LOCK_EX) and _is_at(path, descriptor)):
                    return None
                trash = self._disk.trash()
                os.rename(path, trash)
            finally:
                os.close(descriptor)
            return removal.remove(trash)

    def _first_free(self, name: str, new: _About, fill: Callable[[Path], object]) -> tuple[str, int]:
        number = 0
        while True:
            path = self.path(f"{name}-{number}" if number else name)
            descriptor = self._try(path, new, fill, fcntl.LOCK_EX)
            if descriptor is not None:
                return path, descriptor
            number += 1

    def _wait(self, path: str, new: _About, fill: Callable[[Path], object], how: int, ask: Callable[[], object]) -> int:
        pause = _FIRST_PAUSE
        while True:
            ask()
            descriptor = self._try(path, new, fill, how)
            if descriptor is not None:
                return descriptor
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _try(self, path: str, new: _About, fill: Callable[[Path], object], how: int) -> int | None:
        """A descriptor that holds the lock of the folder at `path`, which is made if it is missing; None if somebody is
        in the way."""
        while True:
            try:
                descriptor = _open(path)
            except FileNotFoundError:
                self._make(path, new, fill)
                continue
            is_locked = _lock(descriptor, how)
            if is_locked and _is_at(path, descriptor):
                return descriptor
            os.close(descriptor)
            if not is_locked:
                return None

    def _make(self, path: str, new: _About, fill: Callable[[Path], object]) -> None:
        with self._disk.during("making a kept folder"):
            self._root.mkdir(mode=0o700, exist_ok=True)
        with self._disk.temporary() as folder:
            data = folder / _DATA
            data.mkdir(mode=0o755)
            fill(data)
            self._write(folder / _ABOUT, new)
            with self._disk.during("making a kept folder"):
                try:
                    os.rename(folder, path)
                except OSError:
                    if not os.path.isdir(path):  # else another step was quicker: it holds a file, so it is not replaced
                        raise

    def _look(self, name: str) -> KeptFolder | None:
        path = self._root / name
        try:
            about = decoder(_About).decode((path / _ABOUT).read_bytes())
            used = os.stat(path / _ABOUT).st_mtime
        except (FileNotFoundError, msgspec.MsgspecError):
            try:
                used = os.stat(path).st_mtime
            except FileNotFoundError:
                return None
            about = _About("", usage.own(str(path)))
        return KeptFolder(name=name, id=about.id, used=used, disk=about.disk, kind=about.kind)

    def _note(self, path: str, about: _About) -> None:
        with self._disk.during("measuring a kept folder"), self._disk.temporary(reserved=True) as folder:
            self._write(folder / _ABOUT, replace(about, disk=usage.own(path)))
            os.rename(folder / _ABOUT, os.path.join(path, _ABOUT))

    def _write(self, path: Path, about: _About) -> None:
        with self._disk.during("writing about a kept folder"):
            path.write_bytes(msgspec.json.encode(about))


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _lock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: str, descriptor: int) -> bool:
    """Whether what is locked is still there, and not removed meanwhile."""
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))
