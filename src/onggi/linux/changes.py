"""Wait for something to happen in a folder."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from onggi.linux import syscalls
from onggi.linux.loop import is_ready

INTERVAL = 0.1  # seconds between two looks where the kernel does not tell


class Changes:
    """Of a folder and the files right in it, from the moment on in which this is made; also that it was moved away."""

    def __init__(self, folder: str | Path) -> None:
        try:
            self._told = syscalls.watch_folder(str(folder))
        except OSError:  # there are no more such descriptors (inotify(7): max_user_instances, max_user_watches)
            self._told = -1

    def wait(self, seconds: float) -> None:
        """Until something has changed since the last call, but no longer."""
        if self._told < 0:
            time.sleep(min(seconds, INTERVAL))
        elif is_ready(self._told, seconds * 1000):
            os.read(self._told, 65536)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._told >= 0:
            os.close(self._told)
