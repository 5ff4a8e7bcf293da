"""Builds without disk or kernel: graphs in a few words, and a Work that records what it was asked."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence

from onggi.errors import NotFound
from onggi.graph.op import ContextSource, Copy, Exec, GitSource, HttpSource, ImageSource, MakeDirectory, Op, Pick
from onggi.graph.vertex import Graph, Output, Step, Vertex
from onggi.oci import digest
from onggi.oci.config import RunConfig
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.solve.ports import Watch
from onggi.solve.result import LayerRef, Result


class GraphBuilder:
    """Vertices in order; each method answers the new vertex's index."""

    def __init__(self) -> None:
        self.vertices: list[Vertex] = []
        self.stage = "0"

    def add(self, op: Op, inputs: tuple[int, ...] = (), text: str = "") -> int:
        line = 0 if isinstance(op, ContextSource) else len(self.vertices) + 1
        self.vertices.append(Vertex(op=op, inputs=inputs, stage=self.stage, text=text, line=line))
        return len(self.vertices) - 1

    def image(self, reference: str = "debian:12", image_id: str = "") -> int:
        image_id = image_id or digest.of(reference.encode())
        return self.add(ImageSource(reference, image_id), text=f"FROM {reference}")

    def context(self) -> int:
        return self.add(ContextSource())

    def run(self, on: int, command: str, env: tuple[str, ...] = (), also: tuple[int, ...] = ()) -> int:
        return self.add(Exec(argv=("/bin/sh", "-c", command), env=env), (on, *also), f"RUN {command}")

    def copy(self, on: int, source: int, pattern: str) -> int:
        return self.add(Copy(sources=(Pick(1, pattern),), destination="/"), (on, source), f"COPY {pattern} /")

    def workdir(self, on: int, path: str) -> int:
        return self.add(MakeDirectory(path=path), (on,), f"WORKDIR {path}")

    def graph(self, output: int | None = None) -> Graph:
        last = len(self.vertices) - 1 if output is None else output
        base = last
        steps = []
        while self.vertices[base].inputs:
            steps.append(Step(created_by=self.vertices[base].text, vertex=base))
            base = self.vertices[base].inputs[0]
        return Graph(
            vertices=tuple(self.vertices),
            output=Output(
                vertex=last,
                base=base,
                config=RunConfig(),
                steps=tuple(reversed(steps)),
                platform=Platform("amd64"),
            ),
        )


class FakeWork:
    """Implements ports.Work. Every execution makes a layer with a diff ID of its own, as if the time were in it.

    files: content of the context, by source pattern. trees: what a step makes, by its text; else it depends on op and
    input. outside: what a URL or repository has. acts: what happens while a step runs. exists: paths that a
    WORKDIR finds.
    """

    def __init__(self, files: dict[str, str] | None = None) -> None:
        self.files = files or {}
        self.outside: dict[str, str] = {}
        self.trees: dict[str, str] = {}
        self.acts: dict[str, Callable[[Watch], None]] = {}
        self.exists: set[str] = set()
        self.executed: list[str] = []
        self.running = 0
        self.most_running = 0
        self._serial = itertools.count()
        self._lock = threading.Lock()

    def identity(self, op: HttpSource | GitSource) -> str:
        return self.outside[op.url if isinstance(op, HttpSource) else op.address]

    def selection(self, vertex: Vertex, position: int, source: Result | None) -> Digest:
        if isinstance(vertex.op, Exec) and source is not None:
            return source.content()
        assert isinstance(vertex.op, Copy)
        if source is not None:
            return source.layers[-1].tree_digest
        patterns = vertex.op.patterns(position)
        missing = [each for each in patterns if each not in self.files]
        if missing:
            raise NotFound(f"{missing[0]} is not in the build context")
        return digest.of("".join(self.files[each] for each in patterns).encode())

    def image(self, op: ImageSource) -> Result:
        with self._lock:
            self.executed.append(f"FROM {op.reference}")
        return Result((self._layer(op.image_id),))

    def execute(self, vertex: Vertex, inputs: Sequence[Result], watch: Watch) -> Result:
        with self._lock:
            self.executed.append(vertex.text)
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            if act := self.acts.get(vertex.text):
                act(watch)
            return self.make(vertex, inputs)
        finally:
            with self._lock:
                self.running -= 1

    def make(self, vertex: Vertex, inputs: Sequence[Result]) -> Result:
        """A result, made anew."""
        op = vertex.op
        if isinstance(op, MakeDirectory) and op.path in self.exists:
            return Result(inputs[0].layers)
        held = [each.content() for each in inputs]
        if isinstance(op, Copy):
            held[1] = self.selection(vertex, 1, inputs[1] if inputs[1].layers else None)
        made = self.trees.get(vertex.text) or f"{op} on {held}"
        return Result((*inputs[0].layers, self._layer(made)), is_own=True)

    def _layer(self, tree: str) -> LayerRef:
        unique = f"{tree} at {next(self._serial)}"
        return LayerRef(digest.of(unique.encode()), digest.of(tree.encode()), len(tree))
