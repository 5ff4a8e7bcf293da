"""Namespaces that a container has in common with another one."""

from __future__ import annotations

from msgspec.structs import replace

from onggi.container import namespaces
from onggi.container.spec import ContainerSpec
from onggi.engine.container.household import Household, named_by
from onggi.errors import Conflict
from onggi.store.containers import ContainerRow


def by_id(house: Household, spec: ContainerSpec) -> ContainerSpec:
    """The other containers by their IDs, since names may change. Raises NotFound."""
    modes = {}
    for kind in namespaces.SHARED:
        if name := namespaces.other(getattr(spec.namespaces, kind)):
            with named_by(f"--{kind} container:{name}"):
                modes[kind] = namespaces.of(house.row(name).id)
    return replace(spec, namespaces=replace(spec.namespaces, **modes)) if modes else spec


def homes(house: Household, spec: ContainerSpec) -> dict[str, str]:
    """The folders of the other containers, by ID. Raises NotFound and Conflict for one that has nothing to share."""
    found = {}
    for kind in namespaces.SHARED:
        if container := namespaces.other(getattr(spec.namespaces, kind)):
            row = house.row(container)
            _require(house, row, kind)
            found[container] = str(house.home(row))
    return found


def _require(house: Household, row: ContainerRow, kind: str) -> None:
    what = f"cannot join the {kind} namespace of container {row.name}"
    status = house.state(row).status
    if status not in ("running", "paused"):
        hint = "" if status == "restarting" else f"onggi start {row.name}"
        raise Conflict(f"{what}: it is {'restarting' if status == 'restarting' else 'not running'}", hint=hint)
    if kind == "ipc" and row.spec.namespaces.ipc in ("", "private", "none"):
        raise Conflict(f"{what}: it is not shareable", hint=f"create {row.name} with --ipc shareable")
