"""Remove all containers that do not run."""

from __future__ import annotations

from onggi.engine import events
from onggi.engine.container.household import Household
from onggi.engine.pruning import pruned
from onggi.engine.types import Pruned
from onggi.store import gc
from onggi.store.containers import ContainerRow
from onggi.store.prune_filter import PruneFilter


def prune(house: Household, only: PruneFilter, tell: gc.Tell) -> Pruned:
    rows: dict[str, ContainerRow] = {}

    def is_stopped(row: ContainerRow) -> bool:
        rows[row.id] = row
        if house.is_running(row):
            return False
        if row.spec.networking.is_attached:
            from onggi.engine.network.repair import remains

            remains.remove_all(house, row)
        return True

    freed = gc.prune_containers(house.store, is_stopped, only, tell)
    for removed in freed.removed:
        house.tell(rows[removed.name], "destroy")
    events.tell_pruned(house.store, "container", freed.bytes)
    return pruned(freed)
