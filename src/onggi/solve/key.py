"""Definition keys and content keys: the names under which the cache remembers results.

A definition key is cheap: the op and the definition keys of its inputs, all known before anything runs. The build
context is read in place, so where a Copy takes files from it their digest stands in for the context's own key. A
content key needs the inputs to exist: the op and what they contain. It is the dear one, and it is what lets a step be
kept when everything before it ran again but made the same tree (early cut-off).

Keys are equal across processes, machines and versions that agree on SALT, which is raised when the meaning of an op
changes without a change in its fields.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from onggi.graph.op import ContextSource, Copy, Op
from onggi.graph.vertex import Graph, Vertex
from onggi.oci.digest import Digest
from onggi.solve.ports import Work
from onggi.solve.record import Definition
from onggi.solve.result import Result

SALT = "onggi 2"
# An image is what its ID says, whatever it is called.
_NAMES_FOR_PEOPLE = frozenset({"reference"})
# What is shown to a step without being part of it: the host's CA bundle, proxies, …
_AMBIENT = "ambient"


def encode(op: Op) -> str:
    """Canonical JSON of all that the op's result depends on."""
    fields = msgspec.to_builtins(op)
    keyed = {
        name: value for name, value in fields.items() if name not in _NAMES_FOR_PEOPLE and not name.startswith(_AMBIENT)
    }
    return msgspec.json.encode(keyed, order="sorted").decode()


def define(graph: Graph, work: Work) -> Iterator[Definition]:
    """The definition of each vertex, in order. Lazy, so that an error of `work` belongs to the vertex whose turn it
    is."""
    keys: list[str] = []
    for vertex in graph.vertices:
        selection = work.selection(vertex, None) if _is_copy_from_context(graph, vertex) else ""
        parts = tuple(keys[index] for index in vertex.inputs)
        if selection:
            parts = (parts[0], selection)
        op = encode(vertex.op)
        keys.append(_hash("definition", op, parts))
        yield Definition(
            stage=vertex.stage,
            text=vertex.text,
            line=vertex.line,
            op=op,
            inputs=vertex.inputs,
            parts=parts,
            selection=selection,
            key=keys[-1],
        )


def contents(vertex: Vertex, definition: Definition, inputs: Sequence[Result], work: Work) -> tuple[Digest, ...]:
    """What stands for each input in the content key: its tree, or of a Copy's source only the files that are
    selected."""
    if isinstance(vertex.op, Copy):
        return inputs[0].content(), definition.selection or work.selection(vertex, inputs[1])
    return tuple(result.content() for result in inputs)


def content_key(op: str, contents: Sequence[Digest]) -> str:
    """`op` as `encode` gives it."""
    return _hash("content", op, contents)


def _is_copy_from_context(graph: Graph, vertex: Vertex) -> bool:
    return isinstance(vertex.op, Copy) and isinstance(graph.vertices[vertex.inputs[1]].op, ContextSource)


def _hash(kind: str, op: str, parts: Sequence[str]) -> str:
    return hashlib.sha256(msgspec.json.encode((SALT, kind, op, parts))).hexdigest()
