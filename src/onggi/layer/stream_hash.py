"""sha256 of a long stream while the caller goes on with other work."""

from __future__ import annotations

import hashlib
import queue
import threading
from types import TracebackType

from onggi.oci.digest import Digest, of_hash

CHUNK = 1 << 20
"""Bytes that are read, hashed and handed on at a time."""

_AHEAD = 4  # blocks that may wait: bounds memory


class StreamHash:
    """Hashes blocks in a thread of its own from the second one on (hashlib lets other threads run meanwhile).

    Use it in a `with`, so that the thread ends whatever happens.
    """

    def __init__(self) -> None:
        self.size = 0
        self._state = hashlib.sha256()
        self._waiting: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> StreamHash:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._join()

    def update(self, block: bytes) -> None:
        if self._thread is None and self.size:
            self._thread = threading.Thread(target=self._work, name="onggi-hash", daemon=True)
            self._thread.start()
        self.size += len(block)
        if self._thread is None:
            self._state.update(block)
        else:
            self._waiting.put(block)

    def digest(self) -> Digest:
        """`sha256:…` of all that was given; no more may follow."""
        self._join()
        return of_hash(self._state)

    def _join(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (block := self._waiting.get()) is not None:
            self._state.update(block)
