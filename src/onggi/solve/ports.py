"""What the solver needs from outside. The engine hands adapters in; tests hand in memory and fakes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from onggi.graph.op import GitSource, HttpSource, ImageSource
from onggi.graph.vertex import Vertex
from onggi.oci.digest import Digest
from onggi.solve.inventory import Entry
from onggi.solve.result import CacheEntry, Result


class Abandoned(Exception):
    """A wait was given up because the build was cancelled. Never shown to a person."""


class Cancel:
    """A flag that many threads watch; `add` registers what ends a wait early (killing a step's process)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = False
        self._actions: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        return self._set

    def add(self, action: Callable[[], None]) -> Callable[[], None]:
        """Call `action` on cancellation, at once if that has happened. Returns what takes it back."""
        with self._lock:
            if not self._set:
                self._actions.append(action)
                return lambda: self._remove(action)
        action()
        return lambda: None

    def _remove(self, action: Callable[[], None]) -> None:
        with self._lock:
            if action in self._actions:
                self._actions.remove(action)

    def set(self) -> None:
        with self._lock:
            self._set = True
            actions, self._actions = self._actions, []
        for action in actions:
            action()


class CacheIndex(Protocol):
    """Keys to results. A `get` answers only entries whose layers are all in the store, and keeps them from being
    collected for as long as this build lives."""

    def get(self, key: str) -> CacheEntry | None: ...

    def glance(self, key: str) -> CacheEntry | None:
        """The same for a vertex that is only to be shown: its layers need not be in the store."""
        ...

    def put(self, keys: Sequence[str], entry: CacheEntry) -> None: ...

    def lock(self, key: str, cancel: Cancel, waits: Callable[[], object] | None = None) -> AbstractContextManager[None]:
        """Held by the one thread of the one process that is making `key`; others wait here and then find it in `get`.
        A wait ends with Abandoned soon after `cancel` is set. `waits` is called once where there is one to wait for."""
        ...


class Watch(Protocol):
    """What an execution tells while it runs."""

    cancel: Cancel

    def output(self, stream: int, data: bytes) -> None:
        """Bytes the step wrote; stream 1 is stdout, 2 is stderr."""
        ...

    def detail(self, text: str) -> None:
        """A short fact for the screen: "412 files, 1.8 MB"."""
        ...

    def busy(self, cpu_seconds: Callable[[], float]) -> AbstractContextManager[None]:
        """While a child process runs: how much processor time it has used so far, asked now and then, so that a step
        that sleeps does not hold a slot."""
        ...


class Inventories(Protocol):
    """What digests of selections stand for, as far as somebody has kept it."""

    def before(self, selection: Digest) -> Sequence[Entry] | None:
        """What the build before took."""
        ...

    def now(self, selection: Digest) -> Sequence[Entry] | None:
        """What this build takes."""
        ...


class Work(Protocol):
    """The I/O of a build."""

    def selection(self, vertex: Vertex, position: int, source: Result | None) -> Digest:
        """The digest of the files (path, type, mode, owner, content) that a vertex takes from its input at `position`:
        a context when `source` is None. Raises NotFound when a source pattern matches nothing."""
        ...

    def identity(self, op: HttpSource | GitSource) -> str:
        """What a fetch would bring now: the digest of a file, the ID of a commit. Raises NotFound, Unavailable, …"""
        ...

    def image(self, op: ImageSource) -> Result:
        """An image that is in the store."""
        ...

    def execute(self, vertex: Vertex, inputs: Sequence[Result], watch: Watch) -> Result:
        """Do the op; never asked of a source. `inputs` follow `vertex.inputs`; a ContextSource input is an empty
        Result. Raises Failed when the person's program failed; a cancelled execution may raise anything."""
        ...
