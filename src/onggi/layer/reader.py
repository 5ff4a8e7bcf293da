"""Where the contents of selected files come from: read at their place, or kept since they were read (`staging`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from onggi.errors import Conflict
from onggi.layer.content import copy_file, hash_file
from onggi.layer.descent import Roots
from onggi.layer.node import Node
from onggi.layer.refusal import unreadable
from onggi.layer.stat_cache import look_of
from onggi.oci.digest import Digest


class Reader(Protocol):
    """Reads selected files. All raise Conflict for one that is no longer as it was selected, Denied for one that we
    may not read."""

    def expect(self, node: Node) -> Digest | None:
        """To be told, before anything is copied, of each time that a file will be: the digest of its content, if it was
        read before."""
        ...

    def digest(self, node: Node, roots: Roots) -> Digest:
        """The digest of a file's content."""
        ...

    def copy(self, node: Node, roots: Roots, target: int) -> Digest:
        """Writes a file's content into an empty one, open for reading and writing; gives the digest of what was
        written."""
        ...

    def claim(self, node: Node, roots: Roots) -> tuple[str, Digest] | None:
        """A file with this content that nobody else will ask for, and the content's digest: to be moved into a layer.
        None if there is none."""
        ...

    def opened(self, node: Node, roots: Roots) -> AbstractContextManager[int]:
        """A descriptor to read the content."""
        ...


class InPlace:
    """Opens a file whenever it is asked for. `are_fixed`: they are an image's, which never change, although they may
    look like it: a link that another build makes to one of them moves its ctime."""

    def __init__(self, *, are_fixed: bool) -> None:
        self._are_fixed = are_fixed

    def expect(self, node: Node) -> Digest | None:
        return None

    def digest(self, node: Node, roots: Roots) -> Digest:
        with self.opened(node, roots) as source:
            return hash_file(source, node.stat.st_size)

    def copy(self, node: Node, roots: Roots, target: int) -> Digest:
        with self.opened(node, roots) as source:
            return copy_file(source, target, node.stat.st_size)

    def claim(self, node: Node, roots: Roots) -> tuple[str, Digest] | None:
        return None

    @contextmanager
    def opened(self, node: Node, roots: Roots) -> Iterator[int]:
        source = open_selected(node, roots)
        try:
            yield source
            if not self._are_fixed:
                check_unchanged(node, source)
        finally:
            os.close(source)


def open_selected(node: Node, roots: Roots) -> int:
    """A descriptor to read a selected file, for the caller to close. Raises Denied for one that we may not read,
    Conflict for one that is gone."""
    try:
        return roots.open(node.root, node.path)
    except PermissionError as error:
        raise unreadable(node.path) from error
    except OSError as error:
        raise changed(node) from error


def check_unchanged(node: Node, descriptor: int) -> None:
    """Raises Conflict if a file does not look as it did when it was selected."""
    if look_of(os.fstat(descriptor)) != look_of(node.stat):
        raise changed(node)


def changed(node: Node) -> Conflict:
    """What to raise for a file that is no longer as it was selected."""
    return Conflict(f"{node.path[1:]} changed while it was read", hint="build again once nothing writes to it")
