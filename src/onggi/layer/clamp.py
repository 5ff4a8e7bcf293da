"""File times for reproducible layers: nothing is newer than the date that was asked for."""

from __future__ import annotations

import os

from onggi.layer.walk import walk

_SECOND = 1_000_000_000


def clamp(folder: str, epoch: int) -> None:
    """Sets modification times later than `epoch` (seconds) to it, on disk.

    Only for a folder whose files are its own: a time set through one hard link is seen through all of them.
    """
    limit = epoch * _SECOND
    for found in walk(os.fsencode(folder)):
        if found.status.st_mtime_ns > limit:
            os.utime(found.real, ns=(limit, limit), follow_symlinks=False)
