"""What an instruction is lowered with, beside the stage it stands in."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from onggi.graph.op import Op
from onggi.graph.vertex import Vertex
from onggi.lower.builder import GraphBuilder
from onggi.lower.place import Place
from onggi.lower.request import LowerRequest
from onggi.lower.state import StageState


class Site(msgspec.Struct, frozen=True):
    """`defaults` are the global arguments; `source` is the vertex that a COPY --from copies from."""

    place: Place
    request: LowerRequest
    defaults: Mapping[str, str]
    builder: GraphBuilder
    source: int | None = None

    def add(self, stage: StageState, op: Op, *further: int) -> int:
        """A vertex on top of the stage."""
        vertex = Vertex(
            op=op,
            inputs=(stage.vertex, *further),
            stage=stage.name,
            text=self.place.text,
            line=self.place.line,
        )
        return self.builder.add(vertex)
