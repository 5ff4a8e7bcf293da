"""What a container in the foreground is connected to."""

from __future__ import annotations

import msgspec

from onggi.errors import Conflict


class Stdio(msgspec.Struct, frozen=True, kw_only=True):
    """Our side: descriptors, None for one that is left out. `detach_keys` as Docker writes them ("ctrl-p,ctrl-q"), for
    terminals only. passes_signals: those that end a program reach the container's first process instead of us.
    is_multiplexed: what is written says in Docker's 8-byte headers of which stream it is."""

    stdin: int | None = None
    stdout: int | None = 1
    stderr: int | None = 2
    terminal: bool = False
    detach_keys: str = "ctrl-p,ctrl-q"
    passes_signals: bool = True
    is_multiplexed: bool = False


class Unheeded(Conflict):
    """We asked the container's first process to end as often as one may, and go without it."""
