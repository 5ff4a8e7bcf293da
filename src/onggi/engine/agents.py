"""SSH agents that a build is given as they are, rather than by what `--ssh` says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Socket(Protocol):
    """One that answers for an agent."""

    def close(self) -> None:
        """Ends what is under way, and removes it."""
        ...


class Agents(Protocol):
    """By the names that steps ask for."""

    def __contains__(self, name: str, /) -> bool: ...

    def listen(self, name: str, path: Path, *, uid: int = 0, gid: int = 0, mode: int = 0o600) -> Socket:
        """A socket at `path` for one that is there, until it is closed; `uid`, `gid` and `mode` are the socket's."""
        ...
