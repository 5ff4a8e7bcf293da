"""A folder as the build context that rules look into."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from onggi.engine.build.ignore_file import IgnoreFile
from onggi.errors import OnggiError
from onggi.layer.context import Context

_MOST_BYTES = 1 << 20


class FolderContext:
    """Read in place, and only when a rule asks."""

    def __init__(self, folder: Path, ignored: IgnoreFile) -> None:
        self.has_ignore_file = bool(ignored.name)
        self._folder = folder
        self._context = Context(str(folder), ignored.patterns)

    def files(self) -> Mapping[str, int]:
        return self._files

    @cached_property
    def _files(self) -> Mapping[str, int]:
        nodes = self._context.survey().nodes
        return {os.fsdecode(node.path[1:]): node.stat.st_size for node in nodes if node.is_file}

    def has(self, path: str) -> bool:
        try:
            return self._context.lookup(path) is not None
        except OnggiError:  # it leads out of the context: a build would refuse it
            return False

    def text(self, path: str) -> str | None:
        if not self.has(path):
            return None
        try:
            with open(self._folder / path, "rb") as file:
                data = file.read(_MOST_BYTES + 1)
            return data.decode() if len(data) <= _MOST_BYTES else None
        except (OSError, UnicodeDecodeError):
            return None
