"""Remove all containers that do not run."""

from __future__ import annotations

from onggi.engine import events
from onggi.engine.container.household import Household
from onggi.engine.pruning import pruned
from onggi.engine.types import Pruned
from onggi.linux import attach
from onggi.store import gc
from onggi.store.containers import ContainerRow
from onggi.store.prune_filter import PruneFilter, Tell


def prune(house: Household, only: PruneFilter, tell: Tell) -> Pruned:
    rows: dict[str, ContainerRow] = {}

    def is_stopped(row: ContainerRow) -> bool:
        rows[row.id] = row
        if house.is_running(row):
            return False
        attach.settle(house.home(row))
        if row.spec.networking.is_attached:
            from onggi.engine.network.repair import remains

            remains.remove_all(house, row)
        return True

    def on_removed(what: str, id: str) -> None:
        house.tell(rows[id], "destroy")
        tell(what, id)

    freed = gc.prune_containers(house.store, is_stopped, only, on_removed)
    events.tell_pruned(house.store, "container", freed.bytes)
    return pruned(freed)
