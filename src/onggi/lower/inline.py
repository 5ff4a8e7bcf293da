"""Heredocs that become files."""

from __future__ import annotations

from onggi.dockerfile.syntax import Heredoc
from onggi.graph.op import InlineFile
from onggi.lower.statement import Statement

_LONGEST = 255  # bytes of a name: NAME_MAX


def file_of(heredoc: Heredoc, text: str, statement: Statement, mode: int = 0o644) -> InlineFile:
    """The file that has the heredoc's name. Raises DockerfileError if no file can have it."""
    name = heredoc.name
    if name in (".", "..") or set(name) & set("/\0") or len(name.encode()) > _LONGEST:
        raise statement.error(
            f"a heredoc that becomes a file cannot be called {name!r}",
            hint="a name is up to 255 bytes and has no slash",
        )
    return InlineFile(name, text, mode)
