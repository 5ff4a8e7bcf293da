"""Files of snapshots that are like those of a context: what has not changed need not be written again."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

import msgspec

from onggi.layer.node import Node, look
from onggi.oci.digest import Digest


class Previous(msgspec.Struct, frozen=True):
    """The snapshot that an earlier COPY of the same files made: its folder, and the digests of what is in its files, by
    path."""

    folder: str
    contents: Mapping[str, Digest]


class Earlier:
    """The files of snapshots that stand for what is read, if they are like it."""

    def __init__(self, ask: Callable[[], Iterable[Previous]]) -> None:
        self._ask = ask

    def same(self, content: Digest, size: int) -> str | None:
        """A file with that content."""
        for folder, paths in self._by_content:
            if (path := paths.get(content)) is not None and _has(real := folder + path, size):
                return real
        return None

    def alike(self, node: Node) -> str | None:
        """A file with the same name and size."""
        places = self._by_name.get(os.path.basename(node.path), ())
        return next((real for real in places if _has(real, node.stat.st_size)), None)

    @cached_property
    def _snapshots(self) -> tuple[Previous, ...]:
        return tuple(self._ask())

    @cached_property
    def _by_content(self) -> list[tuple[str, dict[Digest, str]]]:
        return [(each.folder, {content: path for path, content in each.contents.items()}) for each in self._snapshots]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for each in self._snapshots:
            for path in each.contents:
                names.setdefault(os.path.basename(path), []).append(each.folder + path)
        return names


def _has(path: str, size: int) -> bool:
    """Whether there is a regular file of that size."""
    status = look(path)
    return status is not None and stat.S_ISREG(status.st_mode) and status.st_size == size
