"""Layers → one canonical tar of the tree that they make together."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence

from onggi.layer.pack import Packed, Write, pack_entries
from onggi.layer.treedigest import order
from onggi.layer.union import Union
from onggi.layer.walk import Found, find, is_ordinary


def flatten(folders: Sequence[str], write: Write | None = None) -> Packed:
    """Streams the tar of the merged view to `write`. folders: in overlay form, highest layer first."""
    return pack_entries((found for found in _entries(Union(folders)) if found.path or not is_ordinary(found)), write)


def flatten_each(trees: Mapping[str, Union], write: Write) -> Packed:
    """The same for several trees in one tar, each beneath a folder of its name."""
    return pack_entries((each for name in sorted(trees) for each in _beneath(name, trees[name])), write)


def _beneath(name: str, tree: Union) -> Iterator[Found]:
    prefix = os.fsencode(name)
    for found in _entries(tree):
        yield found._replace(path=prefix + b"/" + found.path if found.path else prefix)


def _entries(tree: Union) -> Iterator[Found]:
    if not tree.folders:
        return
    nodes = ((os.fsencode(node.path[1:]), node) for node in tree.walk())
    for path, node in sorted(nodes, key=lambda pair: order(pair[0])):
        if not stat.S_ISSOCK(node.stat.st_mode):
            yield find(path, os.fsencode(node.real), node.stat)._replace(is_opaque=False)
