"""Layers in overlay form, read as the one tree that a mount of them would show, without mounting.

An overlay shows a name as the highest layer that has it; a whiteout there says it is gone, and below a folder the
search goes on, so that folders of several layers are merged, until a folder marked opaque or something that is no
folder ends it (Documentation/filesystems/overlayfs.rst, "Upper and Lower", "whiteouts and opaque directories").

Paths inside are never trusted: symbolic links are followed by hand, as if the union were `/`, and host paths are
made only of names that were found to be folders of a layer. Layers are immutable, so what was found once is
remembered.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import BinaryIO, ClassVar

from onggi.errors import Invalid, NotFound, OnggiError
from onggi.layer import whiteout
from onggi.layer.node import MAX_LINKS, Node, look, stack_of


class Union:
    """The merged view of `folders`, highest layer first."""

    is_image: ClassVar = True

    def __init__(self, folders: Sequence[str]) -> None:
        self.folders = tuple(folders)
        # Canonical path of a folder → the layers that contribute to it, highest first.
        self._layers: dict[str, tuple[str, ...]] = {"/": self.folders}
        self._listed: dict[str, dict[str, Node]] = {}

    def lookup(self, path: str, *, follow: bool = True) -> Node | None:
        """The entry at `path`, None if there is none. `follow` is for a symbolic link at the very end; those before
        it are always followed. Raises Invalid for a loop of links."""
        return self.entry(self._canonical(path, follow=follow))

    def entry(self, path: str) -> Node | None:
        """The entry at a canonical path: no links, no dots, as `resolve` gives it."""
        if path == "/":
            return Node("/", self.folders[0], os.lstat(self.folders[0])) if self.folders else None
        parent = path.rpartition("/")[0]
        layers = self._layers_of(parent or "/")
        found: Node | None = None
        below: list[str] = []
        for layer in layers:
            status = look(layer + path)
            if status is None:
                continue
            if whiteout.is_whiteout(status):
                break
            is_folder = stat.S_ISDIR(status.st_mode)
            if found is None:
                found = Node(path, layer, status)
            if not is_folder:
                break
            below.append(layer)
            if whiteout.is_opaque(layer + path):
                break
        if found is not None and found.is_folder:
            self._layers[path] = tuple(below)
        return found

    def resolve(self, path: str) -> str:
        """The canonical path: absolute, without links and dots. What does not exist is kept as it is written."""
        return self._canonical(path, follow=True)

    def listdir(self, path: str) -> list[str]:
        """The names in a folder, sorted. Raises NotFound, or Invalid for something that is no folder."""
        folder = self._existing(path)
        if not folder.is_folder:
            raise Invalid(f"not a folder: {path}")
        return list(self._children(folder.path))

    def open(self, path: str) -> BinaryIO:
        """A regular file, to read. Raises NotFound, or Invalid for something that is no regular file."""
        node = self._existing(path)
        if not node.is_file:
            raise Invalid(f"not a regular file: {path}")
        return open(node.real, "rb")

    def read_text(self, path: str) -> str:
        """A regular file's text; bytes that are not UTF-8 are replaced."""
        with self.open(path) as file:
            return file.read().decode(errors="replace")

    def walk(self, path: str = "/") -> Iterator[Node]:
        """The entry at `path` and all beneath it, a folder before its contents, names sorted; links are not followed
        beneath. Raises NotFound."""
        pending = [self._existing(path)]
        while pending:
            node = pending.pop()
            yield node
            if node.is_folder:
                pending.extend(reversed(self._children(node.path).values()))

    def absence(self, source: str) -> OnggiError:
        """What to tell of a COPY source that is not there."""
        from onggi.layer.absent import Absent
        from onggi.layer.near import near_path  # late: it knows what a node is
        from onggi.suggest import meant

        near = near_path(self, source)
        told = meant(f"/{near}" if near else None)
        return Absent(f"no such file or folder to copy: /{source.lstrip('/')}{told}", source.lstrip("/"))

    def _existing(self, path: str) -> Node:
        node = self.lookup(path)
        if node is None:
            raise NotFound(f"no such file or folder: {path}")
        return node

    def _canonical(self, path: str, *, follow: bool) -> str:
        pending = stack_of(path)
        current = ""
        links = 0
        while pending:
            name = pending.pop()
            if name == "..":
                current = current.rpartition("/")[0]  # of / it is / itself
                continue
            candidate = f"{current}/{name}"
            node = self.entry(candidate) if follow or pending else None
            if node is None or not node.is_link:
                current = candidate
                continue
            links += 1
            if links > MAX_LINKS:
                raise Invalid(f"too many levels of symbolic links: {path}")
            text = os.readlink(node.real)
            if text.startswith("/"):
                current = ""
            pending += stack_of(text)
        return current or "/"

    def _layers_of(self, folder: str) -> tuple[str, ...]:
        known = self._layers.get(folder)
        if known is None:
            node = self.entry(folder)
            known = self._layers[folder] if node is not None and node.is_folder else ()
        return known

    def _children(self, folder: str) -> dict[str, Node]:
        children = self._listed.get(folder)
        if children is None:
            names = {name for layer in self._layers_of(folder) for name in os.listdir(layer + folder)}
            prefix = folder.rstrip("/")
            nodes = ((name, self.entry(f"{prefix}/{name}")) for name in sorted(names))
            children = self._listed[folder] = {name: node for name, node in nodes if node is not None}
        return children
