"""Which files of a folder are Dockerfiles, and what they say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from onggi.errors import Invalid, NotFound

_NAME = re.compile(r"(?:dockerfile|containerfile)(?:\..+)?|.+\.(?:dockerfile|containerfile)", re.IGNORECASE | re.DOTALL)
_NO_DOCKERFILE = re.compile(
    r".*\.(?:dockerignore|md|rst|txt|py|js|ts|go|sh|json|ya?ml|toml|j2|orig|bak|swp)", re.IGNORECASE
)
_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "__pycache__"})


def is_dockerfile(name: str) -> bool:
    """By its name."""
    return _NAME.fullmatch(name) is not None and not _NO_DOCKERFILE.fullmatch(name)


def dockerfiles(folder: Path) -> Iterator[Path]:
    """Those in it and beneath it that are named as such, in the order of their paths: files, and links to files. A
    link that leads nowhere is one too, so that somebody hears of it."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in sorted(files):
            if is_dockerfile(name):
                path = Path(place, name)
                if path.is_file() or broken_link(path):
                    yield path


def broken_link(path: Path) -> str:
    """What to tell of a symbolic link that leads nowhere; "" for all else."""
    if not path.is_symlink() or path.exists():
        return ""
    return f"{path} is a symbolic link to {os.readlink(path)}, which is not there"


def read(path: Path) -> bytes:
    """The file's bytes; a pipe is read to its end, and one that nobody writes to is empty. Raises NotFound, Invalid for
    what is no file, OSError for what cannot be read."""
    if told := broken_link(path):
        raise NotFound(told)
    if path.is_dir() or path.is_char_device() or path.is_block_device():
        raise Invalid(f"{path} is no file that could be a Dockerfile")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for its writer
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}") from error
    with open(descriptor, "rb") as file:
        os.set_blocking(descriptor, True)
        return file.read()
