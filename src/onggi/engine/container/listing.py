"""The lines of `ps`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onggi.container.life import RUNNING
from onggi.container.note import note
from onggi.container.state import status_words
from onggi.engine.container import filter as container_filter
from onggi.engine.container.abandoned import removed_if_abandoned
from onggi.engine.container.filter import Origin
from onggi.engine.container.household import Household
from onggi.engine.filters import Filters
from onggi.engine.types import ContainerSummary
from onggi.errors import Invalid, NotFound
from onggi.store.usage import written

if TYPE_CHECKING:
    from onggi.container.state import State
    from onggi.oci.digest import Digest
    from onggi.store.containers import ContainerRow
    from onggi.store.store import Store

_ANY_STATE = frozenset(("status", "exited"))
"""Filters that ask for containers in another state than running."""


def summaries(house: Household, everything: bool, size: bool, last: int, filters: Filters) -> list[ContainerSummary]:
    """See Containers.list."""
    container_filter.check(filters)
    now = time.time()
    images = _Images(house.store)
    rows = house.store.containers.list()
    networks = _networks(house, rows, wants_ids="network" in filters)
    known = ((row, house.state(row)) for row in rows)
    found = [
        _summary(row, state, networks[row.id], images, now)
        for row, state in known
        if not removed_if_abandoned(house, row, state)
    ]
    chosen = container_filter.select(found, filters, images.origin)
    if not everything and last <= 0 and _ANY_STATE.isdisjoint(filters):
        chosen = [each for each in chosen if each.state in RUNNING]
    if last > 0:
        chosen = chosen[:last]
    return _measured(house, chosen) if size else chosen


def _networks(house: Household, rows: Sequence[ContainerRow], wants_ids: bool) -> dict[str, Mapping[str, str]]:
    """ID of a container → name → ID of its networks. Who shares another's has none; those that are always there have an
    ID where somebody asks."""
    is_any_attached = any(row.spec.networking.is_attached for row in rows)
    attached = house.networks.by_container() if is_any_attached else {}
    ids = {network.name: network.id for network in house.networks.list()} if wants_ids else {}

    def shared(mode: str) -> Mapping[str, str]:
        return {} if ":" in mode else {mode: ids.get(mode, "")}

    return {row.id: attached.get(row.id) or shared(row.spec.networking.mode) for row in rows}


def _summary(
    row: ContainerRow, state: State, networks: Mapping[str, str], images: _Images, now: float
) -> ContainerSummary:
    spec = row.spec
    is_reachable = spec.networking.is_attached and state.status in RUNNING
    return ContainerSummary(
        id=row.id,
        name=row.name,
        image=spec.image if spec.image_id in images.meant_by(spec.image) else spec.image_id,
        image_id=spec.image_id,
        command=(*(spec.process.entrypoint or ()), *(spec.process.command or ())),
        created=row.created,
        state=state.status,
        status=status_words(state, now),
        exit_code=state.exit_code,
        labels=spec.labels,
        networks=networks,
        mounts=spec.mounts,
        layers=row.layers,
        ports=state.ports,
        exposed_ports=spec.exposed_ports if is_reachable else (),
        health=state.health.status if state.health else "",
        note=note(state, spec, now),
    )


def _measured(house: Household, containers: list[ContainerSummary]) -> list[ContainerSummary]:
    sizes = {ref.diff_id: ref.size for ref in house.store.snapshots.list()}
    return [_with_size(house, container, sizes) for container in containers]


def _with_size(house: Household, container: ContainerSummary, sizes: Mapping[Digest, int]) -> ContainerSummary:
    size = written(str(house.store.containers.home(container.id) / "upper"))
    return replace(container, size=size, virtual_size=size + sum(sizes.get(layer, 0) for layer in container.layers))


class _Images:
    """The images of the store by what people call them, each looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.meant_by = cache(self._meant_by)
        self.origin = cache(self._origin)

    def _meant_by(self, name: str) -> frozenset[Digest]:
        """Their IDs: several, where it is an image for several platforms."""
        try:
            return self._store.images.meant_by(name)
        except (NotFound, Invalid):
            return frozenset()

    def _origin(self, name: str) -> Origin | None:
        try:
            image = self._store.images.get(name)
        except (NotFound, Invalid):
            return None
        return Origin(image.id, tuple(ref.diff_id for ref in image.refs), image.config().history)
