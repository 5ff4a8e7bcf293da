"""The lines of `ps`."""

from __future__ import annotations

import time
from collections.abc import Mapping

from msgspec.structs import replace

from onggi.container.spec import Bind, Mount, Tmpfs
from onggi.container.state import State, status_words
from onggi.engine.container.household import Household
from onggi.engine.types import ContainerSummary
from onggi.linux.state import RUNNING
from onggi.oci.digest import Digest
from onggi.store.containers import ContainerRow
from onggi.store.usage import written


def summaries(house: Household, everything: bool, size: bool) -> list[ContainerSummary]:
    now = time.time()
    layers = {ref.diff_id: ref.size for ref in house.store.snapshots.list()} if size else None
    found = ((row, house.state(row)) for row in house.store.containers.list())
    return [_summary(house, row, state, now, layers) for row, state in found if everything or state.status in RUNNING]


def _summary(
    house: Household, row: ContainerRow, state: State, now: float, layers: Mapping[Digest, int] | None
) -> ContainerSummary:
    """`layers` are the sizes of the store's layers; None measures no size."""
    spec = row.spec
    summary = ContainerSummary(
        id=row.id,
        name=row.name,
        image=spec.image,
        image_id=spec.image_id,
        command=(*(spec.process.entrypoint or ()), *(spec.process.command or ())),
        created=row.created,
        state=state.status,
        status=status_words(state, now),
        exit_code=state.exit_code,
        labels=spec.labels,
        network=spec.network,
        mounts=tuple(_mount_name(mount) for mount in spec.mounts),
    )
    if layers is None:
        return summary
    size = written(str(house.home(row) / "upper"))
    return replace(summary, size=size, virtual_size=size + sum(layers.get(layer, 0) for layer in row.layers))


def _mount_name(mount: Mount) -> str:
    """As `ps` shows it: a volume by its name, a bind by its source."""
    if isinstance(mount, Tmpfs):
        return mount.target
    return mount.source if isinstance(mount, Bind) else mount.name
