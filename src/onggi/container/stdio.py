"""What a container in the foreground is connected to."""

from __future__ import annotations

import msgspec

from onggi.errors import Conflict


class Stdio(msgspec.Struct, frozen=True, kw_only=True):
    """Our side: descriptors, None for one that is left out. `detach_keys` as Docker writes them ("ctrl-p,ctrl-q"), for
    terminals only. passes_signals: those that end a program reach the container's first process instead of us.
    is_multiplexed: without a terminal, what is written says in Docker's 8-byte headers of which stream it is. `first`:
    what was read of stdin already. peer: a descriptor that hangs up when nobody is there any more who reads the output;
    what is in stdin is still passed on then."""

    stdin: int | None = None
    stdout: int | None = 1
    stderr: int | None = 2
    terminal: bool = False
    detach_keys: str = "ctrl-p,ctrl-q"
    passes_signals: bool = True
    is_multiplexed: bool = False
    first: bytes = b""
    peer: int | None = None

    @property
    def has_headers(self) -> bool:
        return self.is_multiplexed and not self.terminal


class Unheeded(Conflict):
    """We asked the container's first process to end as often as one may, and go without it."""
