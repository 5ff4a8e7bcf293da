"""What the COPYs of a build had put where when they last ran: unchanged files are linked from there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from onggi.engine.build.surroundings import Surroundings
from onggi.graph.op import ContextSource, Copy
from onggi.graph.vertex import Graph, Vertex
from onggi.layer.earlier import Previous
from onggi.oci import digest
from onggi.oci.digest import Digest

if TYPE_CHECKING:
    from onggi.layer.place import Placed

_MANY = 8
_LARGE = 1 << 20
"""Files of a COPY, or bytes: of less it is not worth remembering what could be linked."""


class History:
    """Called from many threads."""

    def __init__(self, graph: Graph, around: Surroundings) -> None:
        self._graph = graph
        self._around = around
        self._project = digest.of(os.fsencode(around.project))
        self._known: dict[str, Previous | None] = {}

    def of_contexts(self) -> Iterator[Previous]:
        """The snapshots that the COPYs from contexts had made."""
        for vertex in self._graph.vertices:
            is_copy = isinstance(vertex.op, Copy) and any(self._is_context(index) for index in vertex.inputs)
            if is_copy and (previous := self.previous(vertex)):
                yield previous

    def previous(self, vertex: Vertex) -> Previous | None:
        """The snapshot that a Copy had made, leased for this build, if it is still there."""
        copy = self._identity(vertex)
        if copy not in self._known:
            self._known[copy] = self._around.store.copies.previous(copy, self._project, self._around.lease)
        return self._known[copy]

    def remember(self, vertex: Vertex, layer: Digest, placed: Placed) -> None:
        """What a Copy has made now."""
        if len(placed.contents) < _MANY and placed.bytes < _LARGE:
            return
        copy, store = self._identity(vertex), self._around.store
        store.copies.remember(copy, self._project, layer, placed.contents)
        self._known[copy] = Previous(store.snapshots.path(layer), placed.contents)

    def _identity(self, vertex: Vertex) -> Digest:
        """The same for a COPY before and after its files are edited, in every clone of a project."""
        sources = [self._graph.vertices[index] for index in vertex.inputs[1:]]
        origins = [source.op.name if isinstance(source.op, ContextSource) else source.stage for source in sources]
        return digest.of(msgspec.json.encode((origins, vertex.op)))

    def _is_context(self, index: int) -> bool:
        return isinstance(self._graph.vertices[index].op, ContextSource)
