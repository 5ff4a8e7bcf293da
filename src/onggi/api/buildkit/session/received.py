"""Folders of clients that are here while builds use them. Builds that are asked for together (bake, Compose) want the
same folder of the same session: it is fetched once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

from onggi.api.buildkit.session.files import Wanted

Key: TypeAlias = tuple[str, Wanted]
"""The session's ID, and what is asked of it."""


class _Folder:
    """`lock`: of who fetches it. `scope`: what it is kept by."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.scope = ExitStack()
        self.path: Path | None = None
        self.users = 0


class Received:
    """Those of this server."""

    def __init__(self) -> None:
        self._known: dict[Key, _Folder] = {}
        self._lock = threading.Lock()

    @contextmanager
    def use(self, key: Key, fetch: Callable[[ExitStack], Path]) -> Iterator[Path]:
        """`fetch` is called where nobody has it, with what keeps it for as long as anybody does."""
        with self._lock:
            folder = self._known.setdefault(key, _Folder())
            folder.users += 1
        try:
            with folder.lock:
                if folder.path is None:
                    folder.path = fetch(folder.scope)
            yield folder.path
        finally:
            with self._lock:
                folder.users -= 1
                is_last = not folder.users
                if is_last:
                    del self._known[key]
            if is_last:
                folder.scope.close()
