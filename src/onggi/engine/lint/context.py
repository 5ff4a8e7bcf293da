"""A folder as the build context that rules look into."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from onggi.dockerfile.ignore import Matcher
from onggi.engine.build.ignore_file import IgnoreFile
from onggi.errors import OnggiError
from onggi.layer.context import Context
from onggi.lint.knowledge import ballast
from onggi.lint.knowledge.ballast import Contents

_MOST_BYTES = 1 << 20


class Contexts:
    """The contexts of a lint: files that are built with the same one share what was read of it."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, IgnoreFile], FolderContext] = {}

    def of(self, folder: Path, ignored: IgnoreFile) -> FolderContext:
        key = folder, ignored
        if key not in self._known:
            self._known[key] = FolderContext(folder, ignored)
        return self._known[key]


class FolderContext:
    """Read in place, and only when a rule asks. What cannot be read is as if it were not there."""

    def __init__(self, folder: Path, ignored: IgnoreFile) -> None:
        self.has_ignore_file = bool(ignored.name)
        self._folder = folder
        self._patterns = ignored.patterns
        self._context = Context(str(folder), ignored.patterns)

    def files(self) -> Mapping[str, int]:
        return self._files

    @cached_property
    def contents(self) -> Contents:
        return ballast.contents(self._files)

    def has(self, path: str) -> bool:
        return self._status(path) is not None

    def is_folder(self, path: str) -> bool:
        status = self._status(path)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def text(self, path: str) -> str | None:
        status = self._status(path)
        if status is None or not stat.S_ISREG(status.st_mode):  # a FIFO would have us wait
            return None
        try:
            with open(self._folder / path, "rb") as file:
                data = file.read(_MOST_BYTES + 1)
            return data.decode() if len(data) <= _MOST_BYTES else None
        except (OSError, UnicodeDecodeError):
            return None

    def _status(self, path: str) -> os.stat_result | None:
        try:
            node = self._context.lookup(path)
        except (OnggiError, ValueError, OSError):  # out of the context, no name at all, too long a one
            return None
        return None if node is None else node.stat

    @cached_property
    def _files(self) -> Mapping[str, int]:
        return dict(_walk(str(self._folder), Matcher(self._patterns)))


def _walk(root: str, matcher: Matcher) -> Iterator[tuple[str, int]]:
    """The regular files that are not ignored, with their sizes, without following links. Unlike a build's walk it
    passes by what this user may not read."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            entries = os.scandir(os.path.join(root, prefix))
        except OSError:
            continue
        with entries:
            for entry in entries:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not matcher.may_prune(path):
                        pending.append(f"{path}/")
                elif entry.is_file(follow_symlinks=False) and not matcher.excludes(path):
                    try:
                        yield path, entry.stat(follow_symlinks=False).st_size
                    except OSError:  # it went while we looked
                        continue
