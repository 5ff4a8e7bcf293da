"""Decide by definition keys what has to run. The answer is a value: `build --dry-run` prints it, `solve` acts on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from onggi.graph.op import ContextSource, ImageSource
from onggi.graph.vertex import Graph
from onggi.solve.before import NOTHING, Before
from onggi.solve.fresh import Fresh, unsettled
from onggi.solve.ports import CacheIndex
from onggi.solve.record import Cause, Definition, stage_name
from onggi.solve.result import CacheEntry


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of each vertex. A context is in none of these, nor is a step that the cache has forgotten while only
    hits depend on it.

    hits: the output depends on it and the cache has it; its inputs are not asked for. kept: only hits depend on it, the
    cache has it too: to be shown. needed: has to be made, unless the cache turns out to have what its inputs make of
    it; in order, images of the store among them. images: all that are named, needed or not. causes: why each of those
    that miss does. found: of the needed, those of which `foresee` has found that the cache has them after all.
    """

    definitions: tuple[Definition, ...]
    hits: dict[int, CacheEntry]
    kept: dict[int, CacheEntry]
    needed: tuple[int, ...]
    images: tuple[int, ...]
    causes: dict[int, Cause]
    found: dict[int, CacheEntry] = {}

    def fate(self, vertex: int) -> Literal["kept", "run"]:
        return "run" if vertex in self.needed and vertex not in self.images and vertex not in self.found else "kept"

    def show(self) -> str:
        """A line per instruction, for people."""
        shown = [index for index, definition in enumerate(self.definitions) if definition.line]
        is_plain = {self.definitions[index].stage for index in shown} <= {"0"}
        stages = {index: "" if is_plain else stage_name(self.definitions[index].stage) for index in shown}
        width = max(map(len, stages.values()), default=0)
        return "\n".join(self._line(index, stages[index].ljust(width)) for index in shown)

    def _line(self, index: int, stage: str) -> str:
        definition, cause = self.definitions[index], self.causes.get(index)
        short = cause.short() if cause and index not in self.found else ""
        instruction = " ".join(definition.text.split())
        return "  ".join(filter(None, (f"{self.fate(index):4}", stage, instruction, f"← {short}" if short else "")))


def prune(
    graph: Graph,
    cache: CacheIndex,
    definitions: Sequence[Definition],
    *,
    fresh: Fresh = frozenset(),
    before: Before = NOTHING,
) -> Pruned:
    """Ask the cache from the outputs backwards, but not for what is `fresh`. `before` is what to hold the build
    against, to name causes."""
    demanded = {output.vertex for output in graph.outputs}
    hits: dict[int, CacheEntry] = {}
    kept: dict[int, CacheEntry] = {}
    missed: list[int] = []
    depths = _depths(graph)
    unknown = unsettled(graph, fresh)
    for index, vertex in reversed(list(enumerate(graph.vertices))):
        if isinstance(vertex.op, ContextSource | ImageSource):
            continue
        key = definitions[index].key
        if index not in demanded:
            if index not in unknown and (entry := cache.glance(key)):
                kept[index] = entry
        elif index not in unknown and (entry := cache.get(key)) and len(entry.owned) == depths[index]:
            hits[index] = entry
        else:
            missed.append(index)
            demanded.update(vertex.inputs)
    missed.reverse()
    images = tuple(index for index, vertex in enumerate(graph.vertices) if isinstance(vertex.op, ImageSource))
    return Pruned(
        definitions=tuple(definitions),
        hits=hits,
        kept=kept,
        needed=tuple(sorted((*missed, *demanded.intersection(images)))),
        images=images,
        causes=_causes(before, definitions, missed, fresh),
    )


def _depths(graph: Graph) -> list[int]:
    """How many vertices are on each one's line of first inputs, the source left out: what an entry has to tell of. One
    from a cache that others wrote may tell anything."""
    depths: list[int] = []
    for vertex in graph.vertices:
        is_source = isinstance(vertex.op, ContextSource | ImageSource)
        depths.append(0 if is_source else 1 + (depths[vertex.inputs[0]] if vertex.inputs else 0))
    return depths


def _causes(before: Before, definitions: Sequence[Definition], missed: Sequence[int], fresh: Fresh) -> dict[int, Cause]:
    if not missed:
        return {}
    from onggi.solve.causes import causes  # a build that is all hits has nothing to explain

    return causes(before, definitions, missed, fresh=fresh)
