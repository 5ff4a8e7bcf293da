"""What the solver asks of the world: implements `solve.ports.Work` with the store's snapshots and the launcher."""

from __future__ import annotations

from collections.abc import Sequence

from onggi.engine.build.history import History
from onggi.engine.build.selections import Selections
from onggi.engine.build.sources import Files, Repositories, write_inline
from onggi.engine.build.surroundings import Surroundings
from onggi.graph.op import (
    ContextSource,
    Copy,
    Exec,
    GitSource,
    HttpSource,
    ImageSource,
    InlineSource,
    MakeDirectory,
)
from onggi.graph.vertex import Vertex
from onggi.oci.digest import Digest
from onggi.solve.ports import Watch
from onggi.solve.result import Result


class BuildWork:
    """Executes the vertices of one graph. The solver calls it from many threads."""

    def __init__(self, around: Surroundings, selections: Selections, history: History) -> None:
        self._around = around
        self._selections = selections
        self._history = history
        self._files = Files(around)
        self._repositories = Repositories(around)

    def selection(self, vertex: Vertex, position: int, source: Result | None) -> Digest:
        return self._selections.digest(vertex, position, source)

    def identity(self, op: HttpSource | GitSource) -> str:
        return self._files.identity(op) if isinstance(op, HttpSource) else self._repositories.identity(op)

    def image(self, op: ImageSource) -> Result:
        if not op.image_id:
            return Result()
        return Result(self._around.store.images.get(op.image_id, self._around.lease).refs)

    def execute(self, vertex: Vertex, inputs: Sequence[Result], watch: Watch) -> Result:
        from onggi.engine.build import copy, run  # a build that is all hits executes nothing

        match vertex.op:
            case Exec() as op:
                return run.run(op, inputs, self._around, watch)
            case Copy():
                return copy.copy(vertex, inputs, self._selections, self._history, self._around, watch)
            case MakeDirectory() as op:
                return copy.make_folders(op, inputs[0], self._around)
            case InlineSource() as op:
                return write_inline(op, self._around)
            case HttpSource() as op:
                return self._files.layer(op)
            case GitSource() as op:
                return self._repositories.layer(op, watch.cancel)
            case ImageSource() | ContextSource():
                raise AssertionError("these are there already: their users read them in place")
