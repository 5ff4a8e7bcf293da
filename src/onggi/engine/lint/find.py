"""Which files of a folder are Dockerfiles."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"(?:dockerfile|containerfile)(?:\..+)?|.+\.(?:dockerfile|containerfile)", re.IGNORECASE | re.DOTALL)
_NO_DOCKERFILE = re.compile(
    r".*\.(?:dockerignore|md|rst|txt|py|js|ts|go|sh|json|ya?ml|toml|j2|orig|bak|swp)", re.IGNORECASE
)
_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "__pycache__"})


def dockerfiles(folder: Path) -> Iterator[Path]:
    """Those in it and beneath it that are named as such, in the order of their paths."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in sorted(files):
            if _NAME.fullmatch(name) and not _NO_DOCKERFILE.fullmatch(name):
                yield Path(place, name)
