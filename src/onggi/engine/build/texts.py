"""The Dockerfile and the ignore files, as they were read: as files of a context they need not be read again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from onggi.engine.build.text import decode
from onggi.layer.node import Node
from onggi.layer.stat_cache import look_of


class Texts:
    """Reads files of text, and remembers what they had."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[os.stat_result, bytes]] = {}

    def read(self, path: Path) -> str:
        """Raises Invalid for what is not UTF-8."""
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read()
            if look_of(os.fstat(file.fileno())) == look_of(status):
                self._read[os.path.realpath(path)] = status, data
        return decode(data, str(path))

    def within(self, folders: Iterable[Path]) -> Iterator[tuple[Node, bytes]]:
        """The files that are in one of `folders`, as a context has them, with what was in them."""
        for folder in folders:
            root = os.path.realpath(folder)
            for path, (status, data) in self._read.items():
                if path.startswith(f"{root.rstrip('/')}/"):
                    yield Node(path[len(root.rstrip("/")) :], root, status), data
