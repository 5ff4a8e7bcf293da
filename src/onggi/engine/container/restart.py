"""Stop a container and start it."""

from __future__ import annotations

from onggi.engine.container.household import Household
from onggi.engine.container.start import start
from onggi.engine.container.stop import stop


def restart(house: Household, name: str, timeout: int | None, signal: str) -> None:
    stop(house, name, timeout, signal, keeps=True)
    start(house, name, None)
