"""`volume …`: make, list, show and remove volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from onggi import patterns
from onggi.container.volume import DRIVER, place, require_driver
from onggi.engine.dates import rfc3339
from onggi.engine.events import of_volume, tell_pruned
from onggi.engine.filters import Checks, Filters, Tests, check_name, check_values, matches, require_known, truth
from onggi.engine.types import Pruned, PruneFilter, VolumeSummary
from onggi.engine.volume_place import require_options
from onggi.store.prune_filter import EVERYTHING, Tell, has_label, unheard
from onggi.store.store import Store
from onggi.store.volumes import User, VolumeRow, new_row


class Volumes:
    """The volumes of one store. Raises NotFound for one that is not there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(
        self, name: str = "", labels: Mapping[str, str] = {}, options: Mapping[str, str] = {}, driver: str = DRIVER
    ) -> str:
        """A volume that is empty; its name, which is made up for "". One that is there already stays as it is. Raises
        Conflict where that has other options than the ones that are asked for, Invalid for a name or options that
        cannot be, NotFound for a driver, Unsupported."""
        require_driver(driver)
        row = new_row(name, labels, options)
        place(options, "", "")
        volumes = self._store.volumes
        with volumes.lock(row.name):
            found = volumes.find(row.name)
            if found is None:
                volumes.create(row)
                of_volume(self._store, row.name).emit("create")
            else:
                require_options(found, options)
        return row.name

    def inspect(self, name: str) -> dict[str, Any]:
        """Docker's JSON of one volume."""
        row = self._store.volumes.get(name)
        return {
            "CreatedAt": rfc3339(int(row.created)),
            "Driver": DRIVER,
            "Labels": dict(row.labels) or None,
            "Mountpoint": self._store.volumes.data(name),
            "Name": name,
            "Options": dict(row.options) or None,
            "Scope": "local",
        }

    def mountpoint(self, name: str) -> str:
        """The folder of what is in it, unless its options say that this is elsewhere."""
        return self._store.volumes.data(name)

    def remove(self, name: str) -> None:
        """Remove it, and what is in it. Raises Conflict with the containers that have it."""
        self._store.volumes.remove(name)
        of_volume(self._store, name).emit("destroy")

    def prune(
        self,
        all: bool = False,
        only: PruneFilter = EVERYTHING,
        tell: Tell = unheard,
    ) -> Pruned:
        """Remove those that no container has and nobody has named; with `all` the others too. `tell` hears of each at
        once."""
        from onggi.engine.pruning import pruned
        from onggi.store import gc

        freed = gc.prune_volumes(self._store, only, named=all, tell=tell)
        for removed in freed.removed:
            of_volume(self._store, removed.name).emit("destroy")
        tell_pruned(self._store, "volume", freed.bytes)
        return pruned(freed)

    # Last, because its name hides the type in what follows.
    def list(self, filters: Filters | None = None, size: bool = False) -> list[VolumeSummary]:
        """By name. `size` measures what is in each. Raises Invalid for a filter."""
        wanted = filters or {}
        require_known(wanted, KEYS)
        check_values(wanted, _CHECKS)
        dangling = truth(wanted, "dangling")
        users = self._store.volumes.users()
        found = [self._summary(row, users.get(row.name, ())) for row in self._store.volumes.list()]
        chosen = [
            volume for volume in found if dangling in (None, not volume.users) and matches(volume, wanted, _TESTS)
        ]
        return [self._measured(volume) for volume in chosen] if size else chosen

    def _summary(self, row: VolumeRow, users: Sequence[User]) -> VolumeSummary:
        return VolumeSummary(
            name=row.name,
            driver=DRIVER,
            mountpoint=self._store.volumes.data(row.name),
            created=row.created,
            labels=row.labels,
            options=row.options,
            users=tuple(user.name for user in users),
        )

    def _measured(self, volume: VolumeSummary) -> VolumeSummary:
        from onggi.store import usage

        return replace(volume, size=usage.Usage().add(self._store.volumes.folder(volume.name)))


_CHECKS: Checks = {"name": check_name}
_TESTS: Tests[VolumeSummary] = {
    "driver": lambda volume, value: volume.driver == value,
    "label": lambda volume, value: has_label(volume.labels, value),
    "name": lambda volume, pattern: patterns.found(pattern, volume.name),
}
KEYS = (*_TESTS, "dangling")
