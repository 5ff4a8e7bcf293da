"""What a build takes of a context, as its graph says it: the rest need not be sent."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from onggi.dockerfile import glob
from onggi.graph.op import BindMount, CacheMount, ContextSource, Copy, Exec, Op
from onggi.graph.vertex import Graph

_ALL = "."
_ODD = ("**", "[", "\\")
"""What a pattern of COPY and one of those who filter files may mean differently."""


def taken(graph: Graph, name: str) -> tuple[str, ...]:
    """Paths, and patterns of nothing but * and ?, of the context `name`, "" for the build context: with all that is
    beneath them, and where links among them lead. (".",) for all of it; () if nothing is needed."""
    found = {
        _plain(pattern)
        for vertex in graph.vertices
        for position, number in enumerate(vertex.inputs)
        if _is_context(graph.vertices[number].op, name)
        for pattern in _patterns(vertex.op, position)
    }
    return (_ALL,) if _ALL in found else tuple(sorted(found))


def _is_context(op: Op, name: str) -> bool:
    return isinstance(op, ContextSource) and op.name == name


def _patterns(op: Op, position: int) -> Iterator[str]:
    match op:
        case Copy():
            yield from op.patterns(position)
        case Exec():
            for mount in op.mounts:
                if isinstance(mount, BindMount | CacheMount) and mount.input == position:
                    yield _ALL if glob.has_wildcard(mount.source) else mount.source
        case _:
            yield _ALL


def _plain(pattern: str) -> str:
    return _ALL if any(odd in pattern for odd in _ODD) or not pattern.isprintable() else posixpath.normpath(pattern)
