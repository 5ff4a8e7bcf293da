"""Containers that were to be removed at their end (`--rm`) by a monitor that was killed before it could, or went with
the machine. Docker's daemon removes such ones when it starts; here whoever comes across one does, and says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onggi.errors import Conflict, NotFound

if TYPE_CHECKING:
    from onggi.container.state import State
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow


def is_abandoned(row: ContainerRow, state: State) -> bool:
    """Whether it is one. Somebody may have started or removed it meanwhile."""
    return row.spec.auto_remove and state.was_lost


def removed_if_abandoned(house: Household, row: ContainerRow, state: State) -> bool:
    """Whether it was one, and is gone now. One that somebody has just started, or removed, is theirs."""
    if not is_abandoned(row, state):
        return False
    from onggi.engine.container.remove import remove  # late: there is hardly ever one

    try:
        remove(house, row.id)
    except Conflict:
        return False
    except NotFound:
        pass
    return True
