"""Folders beneath a root, opened name by name without following links, so that no link can lead out of it."""

from __future__ import annotations

import os
from types import TracebackType

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without waiting: a pipe that was put in a file's place must not hold us.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Descent:
    """The chain of folders that was opened last stays open: made for a walk, where the next folder is near."""

    def __init__(self, root: str) -> None:
        self._names: list[str] = []
        self._descriptors = [os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
        self._path = ""

    def folder(self, path: str) -> int:
        """A descriptor of the folder at the canonical `path`, good until the next call. Raises OSError."""
        path = path.rstrip("/")
        if path == self._path:
            return self._descriptors[-1]
        names = path.split("/")[1:]
        shared = 0
        while shared < min(len(names), len(self._names)) and names[shared] == self._names[shared]:
            shared += 1
        self._cut(shared)
        for name in names[shared:]:
            self._descriptors.append(os.open(name, FOLDER, dir_fd=self._descriptors[-1]))
            self._names.append(name)
            self._path += f"/{name}"
        return self._descriptors[-1]

    def close(self) -> None:
        self._cut(0)
        os.close(self._descriptors.pop())

    def _cut(self, length: int) -> None:
        while len(self._names) > length:
            self._names.pop()
            os.close(self._descriptors.pop())
        self._path = "".join(f"/{name}" for name in self._names)


class Roots:
    """Opens what stands in several roots (the layers of a union, or one context) at the places where it was found."""

    def __init__(self) -> None:
        self._descents: dict[str, Descent] = {}

    def open(self, root: str, path: str) -> int:
        """A descriptor to read the file at the canonical `path`, for the caller to close. Raises OSError."""
        folder, _, name = path.rpartition("/")
        return os.open(name, _FILE, dir_fd=self.folder(root, folder))

    def folder(self, root: str, path: str) -> int:
        """A descriptor of the folder at the canonical `path`, good until the next call. Raises OSError."""
        descent = self._descents.get(root)
        if descent is None:
            descent = self._descents[root] = Descent(root)
        return descent.folder(path)

    def __enter__(self) -> Roots:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for descent in self._descents.values():
            descent.close()
