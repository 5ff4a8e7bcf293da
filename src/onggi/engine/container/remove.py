"""Remove a container, and all that is its own."""

from __future__ import annotations

from contextlib import suppress
from signal import SIGKILL

from msgspec.structs import replace

from onggi.container import cgroup_parent
from onggi.container.life import advance
from onggi.container.spec import Volume
from onggi.container.state import Status
from onggi.engine.container.household import Household
from onggi.engine.events import of_volume
from onggi.errors import Conflict, NotFound, OnggiError
from onggi.linux import attach
from onggi.linux.state import write_state
from onggi.store.containers import ContainerRow


def remove(house: Household, name: str, force: bool = False, volumes: bool = False) -> None:
    row = house.row(name, or_damaged=True)
    with house.store.containers.lock(row.id):
        if force and house.end(row, SIGKILL, keeps=True):
            attach.wait(house.home(row))
        attach.settle(house.home(row))
        removing = advance(house.state(row).status, "remove", row.name)
        _publish(house, row, removing)
        try:
            _remove(house, row)
        except OnggiError as error:
            _publish(house, row, advance(removing, "fail", row.name), error.message)
            raise
        house.tell(row, "destroy")
        if volumes or row.spec.auto_remove:
            _remove_volumes(house, row)


def _remove_volumes(house: Household, row: ContainerRow) -> None:
    """Those without a name, unless another container has one too."""
    for name in {mount.name for mount in row.spec.mounts if isinstance(mount, Volume) and mount.is_anonymous}:
        with suppress(Conflict, NotFound):
            house.store.volumes.remove(name)
            of_volume(house.store, name).emit("destroy")


def _remove(house: Household, row: ContainerRow) -> None:
    if row.spec.runtime:
        from onggi.linux import runtime

        runtime.delete(row.spec.runtime, str(house.home(row)))
    parent = cgroup_parent.folder(row.spec.cgroup_parent)
    # If its monitor was killed, not all its processes have ended with it, and no sweep looks into others' groups.
    if row.spec.namespaces.pid or parent:
        from onggi.linux import cgroup

        cgroup.open_group(cgroup.find(parent), row.id).remove()
    if row.spec.networking.is_attached or row.damage:
        from onggi.engine.network.repair import remains

        remains.remove_all(house, row)
    house.store.containers.remove(row.id)


def _publish(house: Household, row: ContainerRow, status: Status, error: str = "") -> None:
    """Where that finds no room it is removed all the same."""
    with suppress(OSError):
        write_state(house.home(row), replace(house.state(row), status=status, error=error))
