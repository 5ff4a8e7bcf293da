"""The path that somebody may have meant."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Protocol

from onggi.errors import Invalid
from onggi.layer.node import Node
from onggi.suggest import nearest


class Tree(Protocol):
    """What has paths."""

    def lookup(self, path: str) -> Node | None: ...

    def listdir(self, path: str) -> Sequence[str]: ...


def near_path(tree: Tree, path: str) -> str | None:
    """What is there, has a name alike for each name of `path` and was likely meant by it; without a slash before it.
    None if a name has none alike."""
    try:
        return _near(tree, path)
    except Invalid:  # what is alike is a link that leads out
        return None


def _near(tree: Tree, path: str) -> str | None:
    found = ""
    for name in posixpath.normpath(f"/{path}").strip("/").split("/"):
        folder = found or "/"
        if tree.lookup(f"{found}/{name}") is None:
            node = tree.lookup(folder)
            option = nearest(name, tree.listdir(folder)) if node is not None and node.is_folder else None
            if option is None:
                return None
            name = option
        found = f"{found}/{name}"
    return found[1:]
