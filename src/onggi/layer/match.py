"""Which entries of a tree a source of COPY or ADD names, by BuildKit's rules.

A source is a path or a pattern of Go's filepath.Match. Links on the way to it and at its end are followed, beneath
the root of the tree; links inside a folder that is copied stay links. A path that is not there is an error, a
pattern that matches nothing takes nothing, as in BuildKit: `COPY package.json yarn.lock* ./`.

With --parents it is a pattern of `.dockerignore`, which knows `**`, and what it matches keeps its place below the root
or below /./ in the source. No link is followed behind that point: a place that is kept cannot be two.
"""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar, Protocol

import msgspec

from onggi.dockerfile import glob
from onggi.dockerfile.ignore import Matcher
from onggi.errors import Invalid, OnggiError
from onggi.layer.node import Node


class Tree(Protocol):
    """What can be copied from. `is_image`: its files have owners that count and never change; a person's folder is
    neither, and all of it belongs to root once it is copied."""

    is_image: ClassVar[bool]

    def lookup(self, path: str, *, follow: bool = True) -> Node | None: ...

    def listdir(self, path: str) -> list[str]: ...

    def walk(self, path: str) -> Iterable[Node]: ...

    def absence(self, source: str) -> OnggiError: ...


class Match(msgspec.Struct, frozen=True):
    """One thing that a source names. `name` is its base name before links were followed; `nodes` are the entry
    itself and, if it is a folder, what is taken of all that is beneath it, a folder before its contents. `passed` are
    the paths of folders among them that are taken only because they lead to something."""

    name: str
    nodes: tuple[Node, ...]
    passed: frozenset[str] = frozenset()

    @property
    def top(self) -> Node:
        return self.nodes[0]

    @property
    def copied(self) -> tuple[Node, ...]:
        """What a copy makes: of a folder its contents, of anything else the thing itself."""
        return self.nodes[1:] if self.top.is_folder else self.nodes

    def inner(self, node: Node) -> str:
        """The path of a node within this match: "" for the top, else /a/b."""
        top = self.nodes[0]
        if node is top:
            return ""
        return node.path if top.path == "/" else node.path[len(top.path) :]

    def only(self, is_wanted: Callable[[str], bool]) -> Match:
        """The same without what is not wanted, told by its path within, a/b. A folder that is not wanted itself stays
        on the way to what is."""
        kept = [self.top]
        passed: set[str] = set()
        pending: list[Node] = []  # folders above this node that nothing was kept of yet
        for node in self.nodes[1:]:
            while pending and not node.path.startswith(f"{pending[-1].path}/"):
                pending.pop()
            if node.path not in self.passed and is_wanted(self.inner(node)[1:]):
                passed.update(folder.path for folder in pending)
                kept += [*pending, node]
                pending.clear()
            elif node.is_folder:
                pending.append(node)
        return Match(self.name, tuple(kept), frozenset(passed))


def find(tree: Tree, source: str) -> Iterator[Match]:
    """What `source` names, patterns in the order of names. Raises NotFound for a path that is not there, Invalid for a
    malformed pattern or a path that leads out of a context."""
    is_pattern = glob.has_wildcard(source)
    for path in _expand(tree, source) if is_pattern else [source]:
        nodes = _nodes(tree, path)
        if nodes:
            yield Match(posixpath.basename(path.rstrip("/")), nodes)
        elif not is_pattern:
            raise tree.absence(path)


def find_with_parents(tree: Tree, source: str) -> Iterator[Match]:
    """The folder that places are kept below, with what `source` names in it; one for each if the part before /./ is a
    pattern. Raises as `find`, and Invalid for a path through a symbolic link."""
    pivot, _, pattern = source.rpartition("/./")
    is_pattern = glob.has_wildcard(source)
    for path in _expand(tree, pivot) if glob.has_wildcard(pivot) else [pivot]:
        top = tree.lookup(path)
        found = _beneath(tree, top, pattern) if top is not None and top.is_folder else None
        if found is not None and (found.copied or is_pattern or pattern == "."):
            yield found
        elif not is_pattern:
            raise _refusal(tree, f"{path}/{pattern}".lstrip("/"))


def _beneath(tree: Tree, top: Node, pattern: str) -> Match:
    """What `pattern` names in the folder `top`."""
    parts = [part for part in pattern.split("/") if part != "."]
    listed = next((index for index, part in enumerate(parts) if "**" in part), len(parts))
    nodes = {top.path: top}
    passed: set[str] = set()
    for way in _ways(tree, top, parts[:listed]):
        below = _nodes(tree, way[-1].path, follow=False)
        if below:
            passed.update(folder.path for folder in way[1:-1])
            nodes.update((node.path, node) for node in (*way, *below))
    match = Match(posixpath.basename(top.path), tuple(nodes.values()), frozenset(passed))
    return match.only(Matcher([pattern]).excludes) if listed < len(parts) else match


def _ways(tree: Tree, top: Node, parts: Sequence[str]) -> list[tuple[Node, ...]]:
    """For each entry whose path matches part by part, the entries that lead to it: `top` first, itself last."""
    ways: list[tuple[Node, ...]] = [(top,)]
    for part in parts:
        ways = [(*way, node) for way in ways if way[-1].is_folder for node in _named(tree, way[-1], part)]
    return ways


def _named(tree: Tree, folder: Node, part: str) -> Iterator[Node]:
    """The entries of a folder that a part of a pattern matches."""
    names = [part]
    if glob.has_wildcard(part):
        matches = glob.compile_part(part).fullmatch
        names = [name for name in tree.listdir(folder.path) if matches(name)]
    for name in names:
        node = tree.lookup(f"{folder.path.rstrip('/')}/{name}", follow=False)
        if node is not None:
            yield node


def _refusal(tree: Tree, path: str) -> OnggiError:
    """What to tell of a path that --parents does not find."""
    parts = path.split("/")
    for end in range(1, len(parts)):
        way = "/".join(parts[:end])
        node = tree.lookup(way, follow=False)
        if node is not None and node.is_link:
            return Invalid(
                f"--parents cannot keep {path}: {way} is a symbolic link", hint=f"write /./ behind it: {way}/./…"
            )
    return tree.absence(path)


def _nodes(tree: Tree, path: str, *, follow: bool = True) -> tuple[Node, ...]:
    """What is at `path` and beneath it, nothing where all of it is ignored. Sockets are left out: no layer can hold
    them."""
    node = tree.lookup(path, follow=follow)
    if node is None:
        return ()
    found = [node] if node.is_link else tree.walk(path)
    return tuple(node for node in found if not stat.S_ISSOCK(node.stat.st_mode))


def _expand(tree: Tree, pattern: str) -> list[str]:
    """The paths that match, sorted. Links are followed up to the first part with a wildcard, not after it."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    first = next(index for index, part in enumerate(parts) if glob.has_wildcard(part))
    folder = tree.lookup("/".join(parts[:first]))
    paths = [folder.path.rstrip("/")] if folder is not None and folder.is_folder else []
    for part in parts[first:]:
        matches = glob.compile_part(part).fullmatch
        paths = [f"{path}/{name}" for path in paths for name in _names(tree, path) if matches(name)]
    return paths


def _names(tree: Tree, path: str) -> list[str]:
    node = tree.lookup(path or "/", follow=False)
    return tree.listdir(node.path) if node is not None and node.is_folder else []
