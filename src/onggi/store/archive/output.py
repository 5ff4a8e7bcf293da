"""The files of an image archive that is written, be it a folder or a tar."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from onggi.layer import tar

Write = Callable[[bytes], object]


class Output(Protocol):
    """Where the files go, one after the other."""

    def folder(self, path: str) -> None: ...

    def write(self, path: str, size: int, fill: Callable[[Write], object]) -> None:
        """A file of exactly `size` bytes, which `fill` gives to the function it is called with."""
        ...

    def close(self) -> None: ...


class FolderOutput:
    """Files beneath an existing or new folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def folder(self, path: str) -> None:
        (self._root / path).mkdir(exist_ok=True)

    def write(self, path: str, size: int, fill: Callable[[Write], object]) -> None:
        with (self._root / path).open("wb") as file:
            fill(file.write)

    def close(self) -> None:
        pass


class TarOutput:
    """A canonical tar."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def folder(self, path: str) -> None:
        self._write(tar.encode(tar.Header(name=os.fsencode(path) + b"/", kind=tar.FOLDER, mode=0o755)))

    def write(self, path: str, size: int, fill: Callable[[Write], object]) -> None:
        self._write(tar.encode(tar.Header(name=os.fsencode(path), kind=tar.FILE, mode=0o644, size=size)))
        fill(self._write)
        self._write(tar.PADDING[size % tar.BLOCK])

    def close(self) -> None:
        self._write(tar.END)
