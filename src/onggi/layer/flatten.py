"""Layers → one canonical tar of the tree that they make together."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from onggi.layer.pack import Packed, Write, pack_entries
from onggi.layer.treedigest import order
from onggi.layer.union import Union
from onggi.layer.walk import find, is_ordinary


def flatten(folders: Sequence[str], write: Write | None = None) -> Packed:
    """Streams the tar of the merged view to `write`. folders: in overlay form, highest layer first."""
    nodes = ((os.fsencode(node.path[1:]), node) for node in Union(folders).walk())
    listed = sorted(nodes, key=lambda pair: order(pair[0]))
    entries = (
        find(path, os.fsencode(node.real), node.stat)._replace(is_opaque=False)
        for path, node in listed
        if not stat.S_ISSOCK(node.stat.st_mode)
    )
    return pack_entries((found for found in entries if found.path or not is_ordinary(found)), write)
