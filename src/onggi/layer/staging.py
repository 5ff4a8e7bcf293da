"""The files of a build's contexts, each read once: for the key of a COPY, and with the same bytes for its layer.

What is read for a key may never be wanted again, because the cache has the layer; and it may be wanted twice, by two
COPYs. So where the bytes are kept depends on what they are:

- A layer that an earlier build made of the same COPYs has a file like it: that file stands for them. A small one is
  told by its digest; a large one is compared while it is read, and nothing is written as long as both are equal.
- Small: in the spool, which a fresh clone of ordinary size leaves in memory.
- Else: in a file of their own on the store's file system. A layer that alone wants it takes it as it is.

A file is known by how it looks. One that looks otherwise to the next COPY was changed in the middle of the build, and
is another file.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TypeAlias

import msgspec

from onggi.layer.content import copy_file, copy_rest, copy_start, hash_file, read_alike, read_whole, write
from onggi.layer.descent import Roots
from onggi.layer.earlier import Earlier, Previous
from onggi.layer.node import Node
from onggi.layer.reader import check_unchanged, open_selected
from onggi.layer.spool import Spool
from onggi.layer.stat_cache import look_of
from onggi.oci import digest
from onggi.oci.digest import Digest

_WHOLE = 1 << 20
"""Bytes: at most that large a file is read as a whole before it is decided where it goes."""
_SMALL = 1 << 16
"""Bytes: more take longer to be written twice than a file takes to be made and moved."""

_Place: TypeAlias = tuple[str, str] | tuple[int, int]
"""Where a file of a context is: root and path; device and inode if it has several names."""


class _Held(msgspec.Struct, frozen=True):
    """The bytes of a file that looked like `status`: of the spool where there is no path, else those of the file there;
    `is_own`: it was made here."""

    status: os.stat_result
    digest: Digest
    path: str = ""
    at: int = 0
    size: int = 0
    is_own: bool = False


class Staging:
    """Implements `reader.Reader` for the contexts of one build; for many threads. A context manager."""

    def __init__(self, folder: str | None, earlier: Callable[[], Iterable[Previous]] = tuple) -> None:
        """`folder` is empty, and for the caller to remove; None: nothing will be copied, only digests are asked for.
        `earlier` gives snapshots that last as long as this; it is asked before the first file is read, if one is."""
        self._folder = folder
        self._spool = Spool(f"{folder}/spool")
        self._names = itertools.count()
        self._earlier = Earlier(earlier)
        self._held: dict[_Place, _Held] = {}
        self._wanted: Counter[_Place] = Counter()  # of files that are not small: how often they will be copied
        self._reading: set[_Place] = set()
        self._changed = threading.Condition()

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()

    def put(self, node: Node, data: bytes) -> None:
        """Takes what is in a file from somebody who has read it."""
        at = 0 if self._folder is None else self._spool.add(data)
        self._held[_place(node)] = _Held(node.stat, digest.of(data), at=at, size=len(data))

    def expect(self, node: Node) -> Digest | None:
        if node.stat.st_size > _SMALL:
            with self._changed:
                self._wanted[_place(node)] += 1
        held = self._find(node)
        return held.digest if held else None

    def digest(self, node: Node, roots: Roots) -> Digest:
        return self._hold(node, roots).digest

    def copy(self, node: Node, roots: Roots, target: int) -> Digest:
        held = self._hold(node, roots)
        if not held.path:
            write(target, self._spool.read(held.at, held.size))
            return held.digest
        with _reading(held.path) as source:
            return copy_file(source, target, node.stat.st_size)

    def claim(self, node: Node, roots: Roots) -> tuple[str, Digest] | None:
        if node.stat.st_size <= _SMALL:
            return None
        held = self._hold(node, roots)
        place = _place(node)
        with self._changed:
            if not held.is_own or self._wanted[place] > 1 or self._held.pop(place, None) is not held:
                return None
        return held.path, held.digest

    @contextmanager
    def opened(self, node: Node, roots: Roots) -> Iterator[int]:
        held = self._hold(node, roots)
        if held.path:
            with _reading(held.path) as source:
                yield source
        else:
            with open(os.memfd_create("staged"), "w+b", buffering=0) as file:
                write(file.fileno(), self._spool.read(held.at, held.size))
                file.seek(0)
                yield file.fileno()

    def _hold(self, node: Node, roots: Roots) -> _Held:
        """Reads the file, unless that was done; waits for another thread that is at it."""
        if held := self._find(node):
            return held
        place = _place(node)
        with self._changed:
            while place in self._reading:
                self._changed.wait()
            if held := self._find(node):
                return held
            self._reading.add(place)
        try:
            held = self._held[place] = self._read(node, roots)
        finally:
            with self._changed:
                self._reading.discard(place)
                self._changed.notify_all()
        return held

    def _find(self, node: Node) -> _Held | None:
        held = self._held.get(_place(node))
        if held and (held.status is node.stat or look_of(held.status) == look_of(node.stat)):
            return held
        return None

    def _read(self, node: Node, roots: Roots) -> _Held:
        source = open_selected(node, roots)
        try:
            held = self._keep(source, node)
            check_unchanged(node, source)
            return held
        finally:
            os.close(source)

    def _keep(self, source: int, node: Node) -> _Held:
        size = node.stat.st_size
        if self._folder is None:
            return _Held(node.stat, hash_file(source, size))
        if size > _WHOLE:
            return self._keep_large(source, node)
        data = read_whole(source, size)
        content = digest.of(data)
        if path := self._earlier.same(content, len(data)):
            return _Held(node.stat, content, path)
        if len(data) <= _SMALL:
            return _Held(node.stat, content, at=self._spool.add(data), size=len(data))
        with self._new_file() as (path, target):
            write(target, data)
            return _Held(node.stat, content, path, is_own=True)

    def _keep_large(self, source: int, node: Node) -> _Held:
        size = node.stat.st_size
        like = self._earlier.alike(node)
        if like is None:
            with self._new_file() as (path, target):
                return _Held(node.stat, copy_file(source, target, size), path, is_own=True)
        state = hashlib.sha256()
        with _reading(like) as old:
            at, differing = read_alike(source, old, state)
            if at == size and not differing:
                return _Held(node.stat, digest.of_hash(state), like)
            with self._new_file() as (path, target):
                copy_start(old, target, at)
                copy_rest(differing, source, target, state)
                return _Held(node.stat, digest.of_hash(state), path, is_own=True)

    @contextmanager
    def _new_file(self) -> Iterator[tuple[str, int]]:
        path = f"{self._folder}/{next(self._names)}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            yield path, descriptor
        finally:
            os.close(descriptor)


def _place(node: Node) -> _Place:
    status = node.stat
    return (node.root, node.path) if status.st_nlink == 1 else (status.st_dev, status.st_ino)


@contextmanager
def _reading(path: str) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
