"""Collects vertices; two that do the same on the same inputs are one."""

from __future__ import annotations

from onggi.graph.op import Op
from onggi.graph.vertex import Vertex


class GraphBuilder:
    """Vertices in the order they were added, which is a topological order since inputs must be there first."""

    def __init__(self) -> None:
        self._vertices: list[Vertex] = []
        self._numbers: dict[tuple[Op, tuple[int, ...]], int] = {}

    def add(self, vertex: Vertex) -> int:
        """The vertex's number; that of an earlier one if that does the same (its stage, text and line stay)."""
        key = (vertex.op, vertex.inputs)
        if key not in self._numbers:
            self._numbers[key] = len(self._vertices)
            self._vertices.append(vertex)
        return self._numbers[key]

    def __len__(self) -> int:
        return len(self._vertices)

    def vertices(self) -> tuple[Vertex, ...]:
        return tuple(self._vertices)
