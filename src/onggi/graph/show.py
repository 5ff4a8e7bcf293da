"""A graph as text, for people and goldens: the vertices with their fields, then the image they make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from onggi.graph.vertex import Graph, Vertex


def show(graph: Graph) -> str:
    """One paragraph per vertex, one line per field; fields that have their default are left out."""
    lines: list[str] = []
    for number, vertex in enumerate(graph.vertices):
        lines += [*_vertex(number, vertex), ""]
    output = graph.output
    lines += [f"image: #{output.vertex} on #{output.base} for {output.platform}"]
    if output.author:
        lines.append(f"  author: {output.author}")
    lines += _fields(msgspec.to_builtins(output.config))
    lines += ["", "history:"]
    for step in output.steps:
        made_by = "" if step.vertex is None else f"#{step.vertex}"
        lines.append(f"  {made_by:>4} {_text(step.created_by)}")
    return "\n".join(lines) + "\n"


def _vertex(number: int, vertex: Vertex) -> Iterator[str]:
    fields: dict[str, Any] = msgspec.to_builtins(vertex.op)
    inputs = "".join(f" #{source}" for source in vertex.inputs)
    place = " ".join(part for part in (vertex.stage, f"line {vertex.line}" if vertex.line else "") if part)
    yield f"#{number} {fields.pop('op')}{' on' + inputs if inputs else ''}{f'  ({place})' if place else ''}"
    yield f"  {_text(vertex.text)}"
    yield from _fields(fields)


def _fields(fields: dict[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, (list, tuple)) and len(value) > 1:
            yield f"  {name}:"
            yield from (f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
        else:
            yield f"  {name}: {json.dumps(value, ensure_ascii=False)}"


def _text(text: str) -> str:
    return text.replace("\n", "\\n")
