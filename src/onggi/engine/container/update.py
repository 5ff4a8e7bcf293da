"""Change what a container may use and when it starts again, whether it runs or not."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Collection

from msgspec.structs import replace

from onggi.container.life import RUNNING
from onggi.container.limits import merge, settled
from onggi.container.resources import controls
from onggi.container.spec import ContainerSpec, Resources, RestartPolicy
from onggi.engine.container.household import Household
from onggi.engine.container.limits import given, numbers
from onggi.errors import Conflict
from onggi.linux import attach, frames
from onggi.store.containers import ContainerRow


def update(
    house: Household,
    name: str,
    changes: Resources,
    restart: RestartPolicy | None,
    warn: Callable[[str], object],
    replaced: Collection[str] = (),
) -> None:
    """All of it or nothing: the kernel is asked while the row is being written."""
    with house.store.containers.lock(house.row(name).id):
        row = house.row(name)
        status = house.state(row).status
        if status in ("removing", "dead"):
            raise Conflict(f"container {row.name} is {status}, so it cannot be updated")
        spec = _changed(row, changes, restart, warn, replaced)
        is_running = status in RUNNING
        kept = replace(spec, resources=settled(spec.resources))
        house.store.containers.update(row.id, kept, lambda: _tell(house, row, spec) if is_running else None)
    house.tell(row, "update")


def _changed(
    row: ContainerRow,
    changes: Resources,
    restart: RestartPolicy | None,
    warn: Callable[[str], object],
    replaced: Collection[str],
) -> ContainerSpec:
    resources = row.spec.resources
    if changes != Resources() or replaced:
        resources = given(merge(resources, changes, replaced), warn)
    policy = restart or row.spec.restart
    if row.spec.auto_remove and policy.name != "no":
        raise Conflict("Restart policy cannot be updated because AutoRemove is enabled for the container")
    return replace(row.spec, resources=resources, restart=policy)


def _tell(house: Household, row: ContainerRow, spec: ContainerSpec) -> None:
    """Its monitor sets the limits, and keeps them for when it starts the container again."""
    resources = controls(spec.resources, numbers(spec.resources))
    told = {"resources": resources, "restart": (spec.restart.name, spec.restart.most)}
    try:
        attach.request(house.home(row), frames.UPDATE, marshal.dumps(told))
    except Conflict:
        if house.is_running(row):
            raise
