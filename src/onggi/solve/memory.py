"""A cache index in memory: for tests, and for builds that should leave nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from onggi.solve.ports import Abandoned, Cancel
from onggi.solve.result import CacheEntry


class MemoryCacheIndex:
    """Implements ports.CacheIndex for the threads of one process."""

    def __init__(self) -> None:
        self._entries: dict[str, CacheEntry] = {}
        self._held: set[str] = set()
        self._changed = threading.Condition()

    def get(self, key: str) -> CacheEntry | None:
        with self._changed:
            return self._entries.get(key)

    def glance(self, key: str) -> CacheEntry | None:
        return self.get(key)

    def put(self, keys: Sequence[str], entry: CacheEntry) -> None:
        with self._changed:
            self._entries.update(dict.fromkeys(keys, entry))

    @contextmanager
    def lock(self, key: str, cancel: Cancel, waits: Callable[[], object] | None = None) -> Iterator[None]:
        take_back = cancel.add(self._wake)
        try:
            with self._changed:
                if waits and key in self._held:
                    waits()
                self._changed.wait_for(lambda: cancel.is_set or key not in self._held)
                if cancel.is_set:
                    raise Abandoned(key)
                self._held.add(key)
        finally:
            take_back()
        try:
            yield
        finally:
            with self._changed:
                self._held.discard(key)
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
