"""How far a build would come with what the cache has, by content keys too, without running anything."""

from __future__ import annotations

import msgspec

from onggi.graph.op import ContextSource, ImageSource
from onggi.graph.vertex import Graph
from onggi.solve.before import NOTHING, Before
from onggi.solve.key import content_key, contents, define
from onggi.solve.ports import CacheIndex, Work
from onggi.solve.prune import Pruned, prune
from onggi.solve.result import CacheEntry, Result


def foresee(
    graph: Graph,
    cache: CacheIndex,
    work: Work,
    *,
    no_cache: bool = False,
    before: Before = NOTHING,
) -> Pruned:
    """What `solve` would keep and run. What follows a step that would run is said to run as well: only running that
    step tells whether it makes the same tree as before."""
    definitions = tuple(define(graph, work))
    pruned = prune(graph, cache, definitions, no_cache=no_cache, before=before)
    results: dict[int, Result] = {index: entry.result for index, entry in pruned.hits.items()}
    found: dict[int, CacheEntry] = {}
    for index, vertex in enumerate(graph.vertices):
        if isinstance(vertex.op, ContextSource):
            results[index] = Result()
        elif index not in pruned.needed:
            continue
        elif isinstance(vertex.op, ImageSource):
            results[index] = work.image(vertex.op)
        elif not no_cache and all(each in results for each in vertex.inputs):
            inputs = tuple(results[each] for each in vertex.inputs)
            held = contents(vertex, definitions[index], inputs, work)
            if entry := cache.get(content_key(definitions[index].op, held)):
                found[index] = entry
                results[index] = entry.result.on(inputs[0]) if inputs else entry.result
    return msgspec.structs.replace(pruned, found=found)
