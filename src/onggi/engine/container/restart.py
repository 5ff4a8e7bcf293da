"""Stop a container and start it."""

from __future__ import annotations

from collections.abc import Callable

from onggi.engine.container.household import Household
from onggi.engine.container.start import Clients, start
from onggi.engine.container.stop import stop


def restart(
    house: Household, name: str, timeout: int | None, signal: str, clients: Clients, between: Callable[[], object]
) -> None:
    row = house.row(name)
    stop(house, row.id, timeout, signal, keeps=True, between=between)
    start(house, row.id, None, clients)
    house.tell(row, "restart")
