"""What RUN --mount=type=cache shares with other machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


class SharedMounts:
    """The cache mounts of one build: what new ones begin with, and by name the IDs of those that were used."""

    def __init__(self, fill: Callable[[str, Path], bool] = lambda name, folder: False) -> None:
        self.fill = fill
        self.used: dict[str, str] = {}
