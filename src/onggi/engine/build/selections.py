"""Which files the vertices of a build take from their inputs: walked once, for the key and for the copy itself."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Sequence

import msgspec

from onggi.dockerfile import glob
from onggi.dockerfile.mode import parse
from onggi.engine.build.errors import MissingSource
from onggi.engine.build.surroundings import Surroundings
from onggi.errors import NotFound, OnggiError
from onggi.graph.op import BindMount, CacheMount, ContextSource, Copy, Exec, ImageSource
from onggi.graph.vertex import Graph, Vertex
from onggi.layer.absent import Absent
from onggi.layer.context import Context
from onggi.layer.match import Tree
from onggi.layer.select import Selection, select
from onggi.layer.staging import Staging
from onggi.oci.digest import Digest, of_hash
from onggi.solve.result import Result


class _Group(msgspec.Struct, frozen=True):
    """Sources that follow each other and are taken alike from one input."""

    position: int
    patterns: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    unpack: bool = False
    parents: bool = False


class Selections:
    """Called from many threads. `staging` reads the files of contexts."""

    def __init__(self, graph: Graph, around: Surroundings, staging: Staging) -> None:
        self._graph = graph
        self._around = around
        self._staging = staging
        self._known: dict[tuple[int, _Group, Digest], Selection] = {}
        self._lock = threading.Lock()

    def digest(self, vertex: Vertex, position: int, source: Result | None) -> Digest:
        """As `solve.ports.Work.selection`."""
        op = vertex.op
        if isinstance(op, Exec) and source is not None:
            taken = [path for each, path in _mounted(op) if each == position]
            if "." in taken:
                return source.content()  # known without a look at the files
            self._require(taken, source)
        groups = [group for group in _groups(vertex) if group.position == position]
        # Owners are names that only input 0 can look up; the op says which, so here all of them are alike.
        owner = (0, 0) if isinstance(op, Copy) and op.owner else None
        mode = parse(op.mode) if isinstance(op, Copy) and op.mode else None
        selections = [self._selection(vertex, group, source) for group in groups]
        with self._around.store.disk.during("keeping what is read of the context"):
            digests = [each.digest(self._around.store.stats, owner, mode) for each in selections]
        found = digests[0] if len(digests) == 1 else of_hash(hashlib.sha256("\n".join(digests).encode()))
        self._around.ledger.enter(found, (entry for each in selections for entry in each.entries(owner, mode)))
        return found

    def _require(self, paths: Sequence[str], source: Result) -> None:
        """Raises NotFound if what a step mounts is not there."""
        tree = self._around.union(source)
        for path in paths:
            if tree.lookup(path) is None:
                raise NotFound(f"no such file or folder to mount: /{path}")

    def of_copy(self, vertex: Vertex, inputs: Sequence[Result]) -> list[Selection]:
        """What a Copy copies, in order."""
        return [
            self._selection(vertex, group, None if self._is_context(vertex, group.position) else inputs[group.position])
            for group in _groups(vertex)
        ]

    def _selection(self, vertex: Vertex, group: _Group, source: Result | None) -> Selection:
        key = (vertex.inputs[group.position], group, source.content() if source else "")
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = self._select(vertex, group, source)
            with self._lock:
                self._known[key] = known
        return known

    def _select(self, vertex: Vertex, group: _Group, source: Result | None) -> Selection:
        tree = self._tree(vertex, group.position, source)
        reader = None if tree.is_image else self._staging
        exclude, parents, unpack = group.exclude, group.parents, group.unpack
        try:
            return select(tree, group.patterns, exclude=exclude, parents=parents, unpack=unpack, reader=reader)
        except Absent as error:
            told = self._in_whole(vertex, group.position, error) if source is None else error
            where = "" if source is None else f"{_origin(self._graph.vertices[vertex.inputs[group.position]])}: "
            hint = "a # begins a comment only where a line begins" if "#" in group.patterns else told.hint
            raise MissingSource(
                f"{where}{told}", error.path, vertex, is_of_context=source is None, hint=hint
            ) from error

    def _in_whole(self, vertex: Vertex, position: int, error: Absent) -> OnggiError:
        """What there is to say of it where all of the context is known."""
        op = self._graph.vertices[vertex.inputs[position]].op
        assert isinstance(op, ContextSource)
        folder = self._around.contexts[op.name]
        if folder.outline is None:
            return error
        return Context(str(folder.outline()), op.ignore, shown=folder.shown).absence(error.path)

    def _tree(self, vertex: Vertex, position: int, source: Result | None) -> Tree:
        if source is not None:
            return self._around.union(source)
        op = self._graph.vertices[vertex.inputs[position]].op
        assert isinstance(op, ContextSource)
        folder = self._around.contexts[op.name]
        return Context(str(folder.path), op.ignore, shown=folder.shown)

    def _is_context(self, vertex: Vertex, position: int) -> bool:
        return isinstance(self._graph.vertices[vertex.inputs[position]].op, ContextSource)


def _origin(vertex: Vertex) -> str:
    """What a vertex makes the files of, as people know it."""
    op = vertex.op
    return f"image {op.reference}" if isinstance(op, ImageSource) and op.reference else f"stage {vertex.stage}"


def _groups(vertex: Vertex) -> list[_Group]:
    match vertex.op:
        case Copy(sources=sources, exclude=exclude, parents=parents):
            alike = itertools.groupby(sources, lambda pick: (pick.input, pick.unpack))
            return [
                _Group(position, tuple(pick.pattern for pick in picks), exclude, unpack, parents)
                for (position, unpack), picks in alike
            ]
        case Exec() as op:
            return [_Group(position, (glob.escape(path),)) for position, path in _mounted(op)]
    return []


def _mounted(op: Exec) -> list[tuple[int, str]]:
    """What a step mounts: from which input, and what of it."""
    return [
        (mount.input, mount.source)
        for mount in op.mounts
        if isinstance(mount, BindMount | CacheMount) and mount.input is not None
    ]
