"""What is made again, whatever the cache has of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from onggi.graph.op import ContextSource, ImageSource
from onggi.graph.vertex import Graph
from onggi.solve.record import stage_parts

Fresh = frozenset[int]
"""Vertices that are made again."""


def everything(graph: Graph) -> Fresh:
    return frozenset(_makes(graph))


def of_stages(graph: Graph, names: Iterable[str]) -> Fresh:
    """Those of the stages with these names, or numbers, for whatever platform."""
    wanted = {name.lower() for name in names}
    return frozenset(index for index in _makes(graph) if stage_parts(graph.vertices[index].stage)[1].lower() in wanted)


def unsettled(graph: Graph, fresh: Collection[int]) -> Fresh:
    """These, and what depends on them: what it is made of is known only when they are there."""
    found: set[int] = set()
    for index, vertex in enumerate(graph.vertices):
        if index in fresh or not found.isdisjoint(vertex.inputs):
            found.add(index)
    return frozenset(found)


def _makes(graph: Graph) -> Iterator[int]:
    """Vertices that are more than a source."""
    for index, vertex in enumerate(graph.vertices):
        if not isinstance(vertex.op, ContextSource | ImageSource):
            yield index
