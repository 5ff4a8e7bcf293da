"""What to tell of files to copy that are not there."""

from __future__ import annotations

from onggi.errors import NotFound


class Absent(NotFound):
    """A tree of files does not have `path`."""

    def __init__(self, message: str, path: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path
