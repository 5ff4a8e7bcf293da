"""Where a listener of the port keeper leads. The container may get another address while it listens."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Target:
    """A port of the container, at its address of the listener's family, or of the other one if it has no such:
    `family` and `place` say which."""

    def __init__(self, preferred: int, port: int) -> None:
        self._preferred = preferred
        self._port = port
        self.family = AF_INET
        self.place = ("", port)

    def lead_to(self, addresses: Sequence[str]) -> None:
        families = {AF_INET6 if ":" in address else AF_INET: address for address in addresses}
        self.family = self._preferred if self._preferred in families else next(iter(families))
        self.place = (families[self.family], self._port)
