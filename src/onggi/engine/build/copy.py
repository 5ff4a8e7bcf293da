"""COPY, ADD and WORKDIR: files become a layer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from onggi.amounts import counted, spaced_size
from onggi.dockerfile.mode import parse
from onggi.engine.build.selections import Selections
from onggi.engine.build.surroundings import Surroundings
from onggi.graph.op import ContextSource, Copy, MakeDirectory
from onggi.graph.vertex import Graph, Vertex
from onggi.layer.accounts import resolve_owner
from onggi.layer.place import Placement, make_directory, place
from onggi.layer.union import Union
from onggi.oci import digest
from onggi.solve.ports import Watch
from onggi.solve.result import Result
from onggi.store.disk import make_folder

_WORTH_LINKING = 8  # files of a COPY: what to link is not worth remembering of fewer


def copy(
    vertex: Vertex, graph: Graph, inputs: Sequence[Result], selections: Selections, around: Surroundings, watch: Watch
) -> Result:
    op = vertex.op
    assert isinstance(op, Copy)
    base = around.union(inputs[0])
    selected = selections.of_copy(vertex, inputs)
    with around.store.temporary() as folder:
        target = make_folder(folder / "layer")
        placement = Placement(
            destination=op.destination,
            owner=resolve_owner(base, op.owner) if op.owner else None,
            mode=parse(op.mode) if op.mode else None,
            epoch=op.epoch,
        )
        key = _history_key(vertex, graph, around)
        previous = around.store.copies.previous(key, around.lease)
        placed = place(selected, Union([]) if op.link else base, str(target), placement, previous)
        watch.detail(f"{counted(placed.files, 'file')}, {spaced_size(placed.bytes)}")
        result = around.add_layer(target, inputs[0])
        if len(placed.contents) >= _WORTH_LINKING:
            around.store.copies.remember(key, result.layers[-1].diff_id, placed.contents)
        return result


def make_folders(op: MakeDirectory, base: Result, around: Surroundings) -> Result:
    view = around.union(base)
    with around.store.temporary() as folder:
        target = make_folder(folder / "layer")
        owner = resolve_owner(view, op.owner) if op.owner else (0, 0)
        if not make_directory(view, str(target), op.path, owner, epoch=op.epoch):
            return Result(base.layers)
        return around.add_layer(target, base)


def _history_key(vertex: Vertex, graph: Graph, around: Surroundings) -> str:
    """The same for a COPY of this project before and after its files are edited."""
    sources = [graph.vertices[index] for index in vertex.inputs[1:]]
    origins = [source.op.name if isinstance(source.op, ContextSource) else source.stage for source in sources]
    return digest.of(msgspec.json.encode((around.project, origins, vertex.op)))
