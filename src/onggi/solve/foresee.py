"""How far a build would come with what the cache has, by content keys too, without running anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from onggi.errors import OnggiError
from onggi.graph.op import ContextSource, ImageSource
from onggi.graph.vertex import Graph, Vertex
from onggi.solve.before import NOTHING, Before
from onggi.solve.fresh import Fresh
from onggi.solve.key import content_key, contents, define
from onggi.solve.ports import CacheIndex, Work
from onggi.solve.prune import Pruned, prune
from onggi.solve.record import Definition
from onggi.solve.result import CacheEntry, Result


def foresee(
    graph: Graph,
    cache: CacheIndex,
    work: Work,
    *,
    fresh: Fresh = frozenset(),
    before: Before = NOTHING,
) -> Pruned:
    """What `solve` would keep and run. What follows a step that would run is said to run as well: only running that
    step tells whether it makes the same tree as before.

    An error of `work` says which step it is of."""
    steps = define(graph, work)
    definitions: list[Definition] = []
    for vertex in graph.vertices:
        with _told_of(vertex):
            definitions.append(next(steps))
    pruned = prune(graph, cache, definitions, fresh=fresh, before=before)
    results: dict[int, Result] = {index: entry.result for index, entry in pruned.hits.items()}
    found: dict[int, CacheEntry] = {}
    for index, vertex in enumerate(graph.vertices):
        if isinstance(vertex.op, ContextSource):
            results[index] = Result()
        elif index not in pruned.needed:
            continue
        elif isinstance(vertex.op, ImageSource):
            results[index] = work.image(vertex.op)
        elif index not in fresh and all(each in results for each in vertex.inputs):
            inputs = tuple(results[each] for each in vertex.inputs)
            with _told_of(vertex):
                held = contents(vertex, definitions[index], inputs, work)
            if entry := cache.get(content_key(definitions[index].op, held)):
                found[index] = entry
                results[index] = entry.result.on(inputs[0]) if inputs else entry.result
    return msgspec.structs.replace(pruned, found=found)


@contextmanager
def _told_of(vertex: Vertex) -> Iterator[None]:
    """Nothing is drawn of a build that is only foreseen: the message alone tells where it comes from."""
    try:
        yield
    except OnggiError as error:
        error.message = f"line {vertex.line}: {vertex.text}: {error.message}"
        raise
