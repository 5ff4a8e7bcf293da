"""After a reboot: start again what was to run."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from onggi.container import restart
from onggi.container.life import RUNNING
from onggi.engine.container.abandoned import removed_if_abandoned
from onggi.engine.container.household import Household
from onggi.engine.container.start import start
from onggi.errors import OnggiError
from onggi.linux.state import write_state


def resume(house: Household, fail: Callable[[str, OnggiError], None]) -> list[str]:
    resumed = []
    for row in reversed(house.store.containers.list()):
        state = house.state(row)
        if state.status in RUNNING or state.status == "created" or removed_if_abandoned(house, row, state):
            continue
        if not restart.resumes(row.spec.restart.name, exit_code=state.exit_code, was_stopped=state.was_stopped):
            continue
        try:
            start(house, row.id, None)
        except OnggiError as error:
            write_state(house.home(row), replace(state, error=error.message))
            fail(row.name, error)
        else:
            resumed.append(row.name)
    return resumed
