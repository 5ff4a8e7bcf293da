"""The lowering of one statement: all that its instruction is lowered with, beside the stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from onggi.graph.builder import GraphBuilder
from onggi.graph.op import Op
from onggi.graph.vertex import Vertex
from onggi.lower.outline import Root
from onggi.lower.request import LowerRequest
from onggi.lower.state import StageState
from onggi.lower.statement import Statement


class Lowering(msgspec.Struct, frozen=True):
    """`defaults` are the global arguments; `sources` are what the statement may take files from, by what --from says;
    `vertex_of` gives the vertex that has them."""

    statement: Statement
    request: LowerRequest
    defaults: Mapping[str, str]
    builder: GraphBuilder
    sources: Mapping[str, Root]
    vertex_of: Callable[[Root], int]

    def add(self, stage: StageState, op: Op, *further: int) -> int:
        """A vertex on top of the stage."""
        vertex = Vertex(
            op=op,
            inputs=(stage.vertex, *further),
            stage=stage.name,
            text=self.statement.text,
            line=self.statement.line,
        )
        return self.builder.add(vertex)
