"""COPY, ADD and WORKDIR: files become a layer."""

from __future__ import annotations

from collections.abc import Sequence

from onggi.amounts import counted, spaced_size
from onggi.dockerfile.mode import parse
from onggi.engine.build.history import History
from onggi.engine.build.selections import Selections
from onggi.engine.build.surroundings import Surroundings
from onggi.graph.op import Copy, MakeDirectory
from onggi.graph.vertex import Vertex
from onggi.layer.accounts import resolve_owner
from onggi.layer.place import Placement, make_directory, place
from onggi.layer.union import Union
from onggi.solve.ports import Watch
from onggi.solve.result import Result
from onggi.store.disk import make_folder


def copy(
    vertex: Vertex,
    inputs: Sequence[Result],
    selections: Selections,
    history: History,
    around: Surroundings,
    watch: Watch,
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
        below = Union([]) if op.link else base
        placed = place(selected, below, str(target), placement, history.previous(vertex))
        watch.detail(f"{counted(placed.files, 'file')}, {spaced_size(placed.bytes)}")
        result = around.add_layer(target, inputs[0])
        history.remember(vertex, result.layers[-1].diff_id, placed)
        return result


def make_folders(op: MakeDirectory, base: Result, around: Surroundings) -> Result:
    view = around.union(base)
    with around.store.temporary() as folder:
        target = make_folder(folder / "layer")
        owner = resolve_owner(view, op.owner) if op.owner else (0, 0)
        if not make_directory(view, str(target), op.path, owner, epoch=op.epoch):
            return Result(base.layers)
        return around.add_layer(target, base)
