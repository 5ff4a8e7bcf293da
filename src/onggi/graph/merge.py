"""One graph out of several: what a build for several platforms does, what they have in common done once."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from onggi.graph.builder import GraphBuilder
from onggi.graph.vertex import Clause, Graph, Output


def merge(graphs: Sequence[Graph]) -> Graph:
    """Vertices that do the same on the same inputs are one. The stages of each graph are called with its platform in
    front ("linux/arm64 build"); what several have in common belongs to the first."""
    if len(graphs) == 1:
        return graphs[0]
    builder = GraphBuilder()
    outputs: list[Output] = []
    clauses: list[Clause] = []
    for graph in graphs:
        moved: list[int] = []
        for vertex in graph.vertices:
            inputs = tuple(moved[index] for index in vertex.inputs)
            stage = f"{graph.output.platform} {vertex.stage}" if vertex.stage else ""
            moved.append(builder.add(replace(vertex, inputs=inputs, stage=stage)))
        outputs.append(_moved(graph.output, moved))
        clauses += (replace(each, vertices=tuple(moved[index] for index in each.vertices)) for each in graph.clauses)
    return Graph(vertices=builder.vertices(), output=outputs[0], others=tuple(outputs[1:]), clauses=tuple(clauses))


def _moved(output: Output, moved: Sequence[int]) -> Output:
    steps = tuple(replace(step, vertex=None if step.vertex is None else moved[step.vertex]) for step in output.steps)
    return replace(output, vertex=moved[output.vertex], base=moved[output.base], steps=steps)
