"""Definition keys and content keys: the names under which the cache remembers results.

A definition key is cheap: the op and the definition keys of its inputs, all known before anything runs. The build
context is read in place, so where a Copy takes files from it their digest stands in for the context's own key; a URL
or a repository is asked what it has now. A
content key needs the inputs to exist: the op and what they contain. It is the dear one, and it is what lets a step be
kept when everything before it ran again but made the same tree (early cut-off).

Keys are equal across processes, machines and versions that agree on SALT, which is raised when the meaning of an op
changes without a change in its fields.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from onggi.graph.op import ContextSource, Copy, GitSource, HttpSource, Op
from onggi.graph.vertex import Graph, Vertex
from onggi.oci.digest import Digest
from onggi.solve.ports import Work
from onggi.solve.record import Definition
from onggi.solve.result import Result

SALT = "onggi 3"
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
        selections = {
            position: work.selection(vertex, position, None)
            for position, index in enumerate(vertex.inputs)
            if isinstance(graph.vertices[index].op, ContextSource)
        }
        parts = tuple(selections.get(position) or keys[index] for position, index in enumerate(vertex.inputs))
        if isinstance(vertex.op, HttpSource | GitSource):
            parts = (work.identity(vertex.op),)
        op = encode(vertex.op)
        keys.append(_hash("definition", op, parts))
        yield Definition(
            stage=vertex.stage,
            text=vertex.text,
            line=vertex.line,
            op=op,
            inputs=vertex.inputs,
            parts=parts,
            selections=selections,
            key=keys[-1],
        )


def contents(vertex: Vertex, definition: Definition, inputs: Sequence[Result], work: Work) -> tuple[Digest, ...]:
    """What stands for each input in the content key: of input 0 its tree, unless nothing of it is looked at; of others
    the files that are taken from them. Of what is fetched, what it is."""
    if not inputs:
        return definition.parts
    stands_alone = isinstance(vertex.op, Copy) and vertex.op.stands_alone
    below = "" if stands_alone else inputs[0].content()
    taken = (
        definition.selections.get(position) or work.selection(vertex, position, result)
        for position, result in enumerate(inputs[1:], 1)
    )
    return below, *taken


def content_key(op: str, contents: Sequence[Digest]) -> str:
    """`op` as `encode` gives it."""
    return _hash("content", op, contents)


def _hash(kind: str, op: str, parts: Sequence[str]) -> str:
    return hashlib.sha256(msgspec.json.encode((SALT, kind, op, parts))).hexdigest()
