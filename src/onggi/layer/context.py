"""The build context: a person's folder, read in place, as the patterns of `.dockerignore` leave it.

What is ignored is not there. A folder that is ignored and holds no exception is never opened; one that holds an
exception is there as soon as something in it is. Everything below the root is opened by name relative to the folder
it was found in, without following links, so that a link put in place while we read cannot lead us out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from onggi.characters import oddity
from onggi.dockerfile.ignore import Matcher
from onggi.errors import Invalid, OnggiError, Unsupported
from onggi.layer.absent import Absent
from onggi.layer.descent import FOLDER
from onggi.layer.near import near_path
from onggi.layer.node import MAX_LINKS, Node, look, stack_of
from onggi.layer.refusal import refused, unreadable
from onggi.suggest import meant


class Survey(msgspec.Struct, frozen=True):
    """What is in a context, its root first, and the paths of what is left out of it. One that ends with / is a folder
    that was not opened."""

    nodes: list[Node]
    ignored: list[str]


class Context:
    """A folder as a tree of files to copy from."""

    is_image: ClassVar = False

    def __init__(self, root: str, ignore: Sequence[str] = (), *, shown: str | None = None) -> None:
        """`shown`: what people know the folder by, where that is not its path. Raises Invalid for a malformed
        pattern."""
        self.root = os.path.realpath(root)
        called = self.root if shown is None else shown
        self._called = f"the build context ({called})" if called else "the build context"
        self._matcher = Matcher(ignore)

    def lookup(self, path: str, *, follow: bool = True) -> Node | None:
        """The entry at `path`, None if there is none or it is ignored. Raises Invalid where `..` or a link leads
        out."""
        return self._reach(path, follow=follow)[1]

    def _reach(self, path: str, *, follow: bool) -> tuple[str, Node | None]:
        """Where `path` leads, without the links that were met, and what is there."""
        pending = stack_of(path)
        current = ""
        links = 0
        while pending:
            name = pending.pop()
            if name == "..":
                if not current:
                    raise Invalid(f"{path} leads out of the build context", hint="move it into the context")
                current = current.rpartition("/")[0]
                continue
            current = f"{current}/{name}"
            node = self._entry(current)
            if node is None or (pending and not (node.is_folder or node.is_link)):
                return os.path.normpath("/".join((current, *reversed(pending)))), None
            if not node.is_link or not (follow or pending):
                continue
            links += 1
            if links > MAX_LINKS:
                raise Invalid(f"too many levels of symbolic links: {path}")
            current, pending = self._follow(node, pending)
        return current, self._entry(current)

    def listdir(self, path: str) -> list[str]:
        """The names in the folder at `path`, sorted; none if it is no folder that a walk would enter."""
        node = self.lookup(path, follow=False)
        if node is None or not node.is_folder:
            return []
        prefix = node.path.rstrip("/")
        return sorted(name for name in os.listdir(node.real) if self._entry(f"{prefix}/{name}") is not None)

    def walk(self, path: str = "/") -> list[Node]:
        """The entry at `path` and all beneath it, a folder before its contents, names sorted. Empty where everything
        is ignored."""
        top = self.lookup(path)
        if top is None:
            raise self.absence(path)
        nodes = [top]
        if top.is_folder:
            try:
                self._collect(top, nodes)
            except OSError as error:
                raise refused(path.strip("/") or self.root, error) from error
        if len(nodes) == 1 and self._excludes(top.path):
            nodes.pop()
        return nodes

    def survey(self) -> Survey:
        """All that is there, and what is left out."""
        top = self.lookup("/")
        assert top is not None
        found = Survey([top], [])
        try:
            self._collect(top, found.nodes, found.ignored)
        except OSError as error:
            raise refused(self.root, error) from error
        return found

    def absence(self, source: str) -> OnggiError:
        """What to tell of a COPY source that is not there."""
        name = source.strip("/")
        there = os.path.join(self.root, name)
        if not os.path.lexists(there):
            if self._excludes(f"/{name}"):  # a client leaves out what is ignored, and sends the patterns
                return Absent(f"{name} is not in {self._called}, and .dockerignore excludes it", name)
            near = meant(near_path(self, name))
            return Absent(f"{name} is not in {self._called}{near}", name, hint=oddity(source))
        end, node = self._reach(source, follow=True)
        if node is not None and not node.is_folder:
            return Unsupported(f"{name} is a socket, which an image cannot hold")
        real = end.strip("/")
        subject = name if f"/{os.path.normpath(name)}" in (end, "/.") else f"{name} leads to {real}, which"
        if not os.path.lexists(self.root + end):
            return Absent(f"{subject} is not in {self._called}", name)
        return Absent(
            f"{subject} is excluded from the build context by .dockerignore",
            name,
            hint=f"add the line !{real} at the end of .dockerignore",
        )

    def _collect(self, top: Node, nodes: list[Node], ignored: list[str] | None = None) -> None:
        """Adds what is beneath `top`. A loop with a stack: trees may be deeper than Python recurses."""
        stack = [_Level(top.path.rstrip("/"), os.open(top.real, FOLDER), is_needed=True, start=len(nodes))]
        try:
            while stack:
                level = stack[-1]
                for entry in level.entries:
                    if inside := self._add(entry, level, nodes, ignored):
                        stack.append(inside)
                        break
                else:
                    stack.pop().close()
                    if not level.is_needed and len(nodes) == level.start:
                        nodes.pop()  # ignored, and without an exception in it
        finally:
            for level in stack:
                level.close()

    def _add(
        self, entry: os.DirEntry[str], level: _Level, nodes: list[Node], ignored: list[str] | None
    ) -> _Level | None:
        """Adds one entry; gives the level to go on with if it is a folder."""
        path = f"{level.prefix}/{entry.name}"
        is_folder = entry.is_dir(follow_symlinks=False)
        is_excluded = self._excludes(path)
        is_closed = is_folder and self._matcher.may_prune(path[1:])
        if ignored is not None and (is_closed or (is_excluded and not is_folder)):
            ignored.append(f"{path[1:]}{'/' if is_folder else ''}")
        if is_excluded and (is_closed or not is_folder):
            return None
        try:
            node = Node(path, self.root, entry.stat(follow_symlinks=False))
            inside = os.open(entry.name, FOLDER, dir_fd=level.descriptor) if is_folder and not is_closed else None
        except FileNotFoundError:
            return None  # it went while we looked
        except PermissionError as error:
            raise unreadable(path) from error
        nodes.append(node)
        return None if inside is None else _Level(path, inside, is_needed=not is_excluded, start=len(nodes))

    def _entry(self, path: str) -> Node | None:
        """What is at a path without links. An ignored folder is there if something beneath it could be."""
        is_excluded = self._excludes(path)
        if is_excluded and self._matcher.may_prune(path[1:]):
            return None
        status = look(self.root + path)
        if status is None or (is_excluded and not stat.S_ISDIR(status.st_mode)):
            return None
        return Node(path or "/", self.root, status)

    def _follow(self, link: Node, pending: list[str]) -> tuple[str, list[str]]:
        """Where a link leads: the folder to go on from, and the names still to go, the next one last."""
        text = os.readlink(link.real)
        parent = link.path.rpartition("/")[0]
        leads_out = os.path.normpath(f"{parent}/{text}".lstrip("/")).split("/")[0] == ".."
        if text.startswith("/") or leads_out:
            raise Invalid(
                f"{link.path[1:]} is a symbolic link to {text}, which is outside the build context",
                hint="copy the file into the context, or use the folder that holds it as the context",
            )
        return parent, pending + stack_of(text)

    def _excludes(self, path: str) -> bool:
        return len(path) > 1 and self._matcher.excludes(path[1:])  # the root itself is always there


class _Level:
    """A folder in the middle of being listed."""

    def __init__(self, prefix: str, descriptor: int, *, is_needed: bool, start: int) -> None:
        self.prefix = prefix
        self.descriptor = descriptor
        self.is_needed = is_needed
        self.start = start
        with os.scandir(descriptor) as found:
            self.entries: Iterator[os.DirEntry[str]] = iter(sorted(found, key=lambda entry: entry.name))

    def close(self) -> None:
        os.close(self.descriptor)
