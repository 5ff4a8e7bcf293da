"""The machine's processes: others begin and end while one looks."""

from __future__ import annotations

from pathlib import Path


def with_word(word: bytes) -> list[Path]:
    """Below /proc: the folders of those with it among the words of their command line."""
    return [process for process in Path("/proc").glob("[0-9]*") if word in _words(process)]


def _words(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []  # it has ended meanwhile
