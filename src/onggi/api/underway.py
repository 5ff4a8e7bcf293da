"""What clients can give up by a name that they chose: builds, by their `buildid`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from onggi.solve.ports import Cancel


class Underway:
    """Those of this server. One name may be that of several."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: list[tuple[str, Cancel]] = []

    @contextmanager
    def open(self, name: str, cancel: Cancel) -> Iterator[None]:
        """It can be given up until the end of the block; without a name it cannot."""
        entry = (name, cancel)
        with self._lock:
            self._known.append(entry)
        try:
            yield
        finally:
            with self._lock:
                self._known.remove(entry)

    def cancel(self, name: str) -> None:
        with self._lock:
            found = [cancel for known, cancel in self._known if known == name]
        for cancel in found:
            cancel.set()
