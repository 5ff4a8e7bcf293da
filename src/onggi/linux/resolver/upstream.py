"""The servers that know the rest of the world's names."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PORT = 53


class Upstream:
    """Servers, the one to ask first in front; `address` or `address#port` each."""

    def __init__(self, servers: Iterable[str]) -> None:
        self.servers = [_place(server) for server in servers]

    def avoid(self, server: tuple[str, int]) -> None:
        """It did not answer: from now on it is the last to be asked."""
        if server in self.servers:
            self.servers.remove(server)
            self.servers.append(server)


def _place(server: str) -> tuple[str, int]:
    address, _, port = server.partition("#")
    return address, int(port or PORT)
