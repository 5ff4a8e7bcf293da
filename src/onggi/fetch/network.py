"""How servers are reached: a value, so that the paths that fetch nothing import no HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from onggi import __version__

PACE = 1024
"""Bytes a second: a server that sends less is taken for one that has gone silent."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """For how long a server is waited for.

    connect_seconds, silence_seconds: for a connection, and for the next bytes. attempts: how many of them in a row may
    bring next to nothing. pause_seconds: the wait after the first; each further one doubles it.
    """

    connect_seconds: float = 15
    silence_seconds: float = 60
    attempts: int = 4
    pause_seconds: float = 0.5

    @property
    def least(self) -> float:
        """The bytes that an attempt must bring, not to count as one that brought next to nothing."""
        return PACE * self.silence_seconds


class Network(Patience, frozen=True, kw_only=True):
    """What one needs to know to fetch from here.

    proxies: HTTP_PROXY, https_proxy, NO_PROXY, …. certificates: a bundle of CA certificates, instead of the host's.
    """

    proxies: Mapping[str, str] = {}
    certificates: Path | None = None
    agent: str = f"onggi/{__version__}"
