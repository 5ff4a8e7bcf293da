"""Namespaces that a container has in common with another one."""

from __future__ import annotations

from msgspec.structs import replace

from onggi.container import namespaces
from onggi.container.spec import ContainerSpec
from onggi.engine.container.household import Household, named_by
from onggi.errors import Conflict, NotFound
from onggi.store.containers import ContainerRow


def by_id(house: Household, spec: ContainerSpec) -> ContainerSpec:
    """The other containers by their IDs, since names may change. Raises NotFound."""
    modes, asked = {}, {}
    for kind in namespaces.SHARED:
        if name := namespaces.other(namespaces.mode(spec, kind)):
            with named_by(f"--{kind} container:{name}"):
                other = house.row(name).id
            modes[kind] = namespaces.of(other)
            asked[other] = name
    if not modes:
        return spec
    networking = replace(spec.networking, mode=modes.pop("network", spec.networking.mode))
    return replace(spec, namespaces=replace(spec.namespaces, **modes, asked=asked), networking=networking)


def sharers(house: Household, row: ContainerRow) -> dict[str, str]:
    """The folders of the other containers, by ID. Raises NotFound and Conflict for one that has nothing to share."""
    found = {}
    for kind in namespaces.SHARED:
        if container := namespaces.other(namespaces.mode(row.spec, kind)):
            other = _other(house, row, kind, container)
            _require(house, other, kind)
            found[container] = str(house.home(other))
    return found


def _other(house: Household, row: ContainerRow, kind: str, id: str) -> ContainerRow:
    try:
        return house.row(id)
    except NotFound as error:
        asked = row.spec.namespaces.asked.get(id, id[:12])
        raise NotFound(
            f"container {row.name} was created with --{kind} container:{asked}, which has been removed",
            hint=f"create it again, with the {kind} namespace of another container or with its own",
        ) from error


def _require(house: Household, row: ContainerRow, kind: str) -> None:
    what = f"cannot join the {kind} namespace of container {row.name}"
    status = house.state(row).status
    if status not in ("running", "paused"):
        hint = "" if status == "restarting" else f"onggi start {row.name}"
        raise Conflict(f"{what}: it is {'restarting' if status == 'restarting' else 'not running'}", hint=hint)
    if kind == "ipc" and row.spec.namespaces.ipc in ("", "private", "none"):
        raise Conflict(f"{what}: it is not shareable", hint=f"create {row.name} with --ipc shareable")
