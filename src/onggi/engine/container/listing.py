"""The lines of `ps`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from onggi.container.life import RUNNING
from onggi.container.note import note
from onggi.container.state import status_words
from onggi.engine.container import filter as container_filter
from onggi.engine.container.abandoned import is_abandoned, removed_if_abandoned
from onggi.engine.container.filter import Origin
from onggi.engine.container.household import Household, with_damage
from onggi.engine.filters import Filters
from onggi.engine.network.connection.companions import keeps_ports
from onggi.engine.types import ContainerSummary
from onggi.errors import Invalid, NotFound
from onggi.linux.state import States
from onggi.store.usage import written

if TYPE_CHECKING:
    from onggi.container.state import State
    from onggi.engine.container.places import Places
    from onggi.oci.digest import Digest
    from onggi.store.containers import ContainerRow

_ANY_STATE = ("status", "exited")
"""Filters that ask for containers in another state than running."""


class Listing:
    """What is asked again and again by who serves others: rows are kept until the database has changed, states until
    their files have, and a line as long as it would be the same. It is right after changes by any process."""

    def __init__(self, house: Household) -> None:
        self._house = house
        self._lock = Lock()  # who looks at the same files at once would only wait for each other in smaller steps
        self._states = States()
        self._roll: _Roll | None = None
        self._moment: int | None = None
        self._leaving: set[str] = set()

    def summaries(
        self,
        everything: bool,
        size: bool,
        last: int,
        filters: Filters,
        endpoints: bool,
        sees: Callable[[str], bool],
    ) -> list[ContainerSummary]:
        """See Containers.list."""
        container_filter.check(filters)
        with self._lock:
            roll = self._present()
            lines = self._lines(roll, "network" in filters, endpoints)
        present = [line.summary for line in lines if sees(line.row.id) and not self._is_removed(line)]
        chosen = container_filter.select(present, filters, roll.origin)
        if not everything and last <= 0 and not any(filters.get(key) for key in _ANY_STATE):
            chosen = [each for each in chosen if each.state in RUNNING]
        if last > 0:
            chosen = chosen[:last]
        return _measured(self._house, chosen) if size else chosen

    def _present(self) -> _Roll:
        """Whoever asks but once is not made to wait for the number that tells of changes."""
        moment = self._house.store.moment() if self._roll else None
        if self._roll is None or moment is None or moment != self._moment:
            self._roll, self._moment = _Roll(self._house), moment
            self._states.keep(map(str, self._roll.homes.values()))
        return self._roll

    def _lines(self, roll: _Roll, wants_ids: bool, wants_endpoints: bool) -> list[_Line]:
        """A line for each row: that of the last answer with the same details, unless something in it has changed."""
        now, networks = time.time(), roll.networks(wants_ids)
        known = roll.lines[wants_ids, wants_endpoints]
        for row in roll.rows:
            home = roll.homes[row.id]
            state = with_damage(row, self._states.read(str(home)))
            said = note(state, row.spec, now, has_ports=keeps_ports(home, state))
            line = _Line(row, state, status_words(state, now), said)
            before = known.get(row.id)
            if before is None or not before.is_as(line):
                line.summary = self._summary(roll, line, networks[row.id], wants_endpoints)
                known[row.id] = line
        return [known[row.id] for row in roll.rows]

    def _is_removed(self, line: _Line) -> bool:
        """Away with what was to be removed at its end. That may take long: only one waits for it."""
        if not is_abandoned(line.row, line.state):
            return False
        with self._lock:
            if line.row.id in self._leaving:
                return True
            self._leaving.add(line.row.id)
        try:
            return removed_if_abandoned(self._house, line.row, line.state)
        finally:
            self._leaving.discard(line.row.id)

    def _summary(
        self, roll: _Roll, line: _Line, networks: Mapping[str, str], wants_endpoints: bool
    ) -> ContainerSummary:
        row, state, spec = line.row, line.state, line.row.spec
        is_running = state.status in RUNNING
        return ContainerSummary(
            id=row.id,
            name=row.name,
            image=spec.image if spec.image_id in roll.meant_by(spec.image) else spec.image_id,
            image_id=spec.image_id,
            command=(*(spec.process.entrypoint or ()), *(spec.process.command or ())),
            created=row.created,
            state=state.status,
            status=line.words,
            exit_code=state.exit_code,
            labels=spec.labels,
            annotations=spec.annotations,
            network_mode=spec.networking.mode,
            networks=networks,
            endpoints=roll.endpoints(row, is_running) if wants_endpoints else {},
            mounts=spec.mounts,
            layers=row.layers,
            ports=state.ports,
            exposed_ports=spec.exposed_ports if spec.networking.is_attached and is_running else (),
            health=state.health.status if state.health else "",
            failing_streak=state.health.failing_streak if state.health else 0,
            note=line.note,
        )


class _Line:
    """What changes in a summary while the database does not, and the summary."""

    __slots__ = ("note", "row", "state", "summary", "words")
    summary: ContainerSummary

    def __init__(self, row: ContainerRow, state: State, words: str, note: str) -> None:
        self.row = row
        self.state = state
        self.words = words
        self.note = note

    def is_as(self, other: _Line) -> bool:
        """Whether it would be the same summary."""
        return (
            self.words == other.words
            and (self.state is other.state or self.state == other.state)
            and self.note == other.note
        )


class _Roll:
    """What the database says of all containers at one moment, each part looked up when it is needed. `lines`: what
    was told last, by whether it has the IDs of networks and the endpoints, and by the container's ID."""

    def __init__(self, house: Household) -> None:
        self._house = house
        self.rows = house.store.containers.list()
        self.homes = {row.id: house.home(row) for row in self.rows}
        self.lines: dict[tuple[bool, bool], dict[str, _Line]] = defaultdict(dict)
        self.meant_by = cache(self._meant_by)
        self.origin = cache(self._origin)
        self.networks = cache(self._networks)

    def endpoints(self, row: ContainerRow, is_running: bool) -> Mapping[str, Any]:
        """Docker's JSON of its places in networks."""
        from onggi.engine.container.network_settings import endpoint_settings

        return endpoint_settings(row, is_running, self._places.of(row))

    @cached_property
    def _places(self) -> Places:
        from onggi.engine.container.places import Places

        return Places(*self._house.networks.snapshot())

    def _networks(self, wants_ids: bool) -> dict[str, Mapping[str, str]]:
        """ID of a container → name → ID of its networks. Who shares another's has none; those that are always there
        have an ID where somebody asks."""
        house = self._house
        is_any_attached = any(row.spec.networking.is_attached for row in self.rows)
        attached = house.networks.by_container() if is_any_attached else {}
        ids = {network.name: network.id for network in house.networks.list()} if wants_ids else {}

        def shared(mode: str) -> Mapping[str, str]:
            return {} if ":" in mode else {mode: ids.get(mode, "")}

        return {row.id: attached.get(row.id) or shared(row.spec.networking.mode) for row in self.rows}

    def _meant_by(self, name: str) -> frozenset[Digest]:
        """The IDs of the images that people call so: several, where it is an image for several platforms."""
        try:
            return self._house.store.images.meant_by(name)
        except (NotFound, Invalid):
            return frozenset()

    def _origin(self, name: str) -> Origin | None:
        try:
            image = self._house.store.images.get(name)
        except (NotFound, Invalid):
            return None
        return Origin(image.id, tuple(ref.diff_id for ref in image.refs), image.config().history)


def _measured(house: Household, containers: list[ContainerSummary]) -> list[ContainerSummary]:
    sizes = {ref.diff_id: ref.size for ref in house.store.snapshots.list()}
    return [_with_size(house, container, sizes) for container in containers]


def _with_size(house: Household, container: ContainerSummary, sizes: Mapping[Digest, int]) -> ContainerSummary:
    size = written(str(house.store.containers.home(container.id) / "upper"))
    return replace(container, size=size, virtual_size=size + sum(sizes.get(layer, 0) for layer in container.layers))
