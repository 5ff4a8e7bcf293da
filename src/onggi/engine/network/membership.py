"""`network connect` and `network disconnect`: containers come into networks and leave them, whether they run or not.

The row comes first and goes last. So whatever there is in the kernel has its row, whoever is killed meanwhile: nobody
else gets an address that is in use, and a network that a container is in stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from onggi.container import namespaces
from onggi.container.network.attachment import asked_of, is_for
from onggi.container.spec import Networking
from onggi.engine.events import of_network
from onggi.engine.network import linked, names
from onggi.engine.network.connection import publishing
from onggi.engine.network.connection.adjustment import adjust, cut
from onggi.engine.network.connection.companions import has_uplink
from onggi.engine.network.connection.connection import Connection
from onggi.engine.network.repair import remains
from onggi.errors import Conflict, Invalid, OnggiError

if TYPE_CHECKING:
    from onggi.container.network.network import Network
    from onggi.container.spec import Attachment, ContainerSpec, Link
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow


_OF_HOST = {
    "connect": "cannot connect container to host network - container must be created in host network mode",
    "disconnect": "cannot disconnect container from host network - container was created in host network mode",
}


def connect(house: Household, container: str, asked: Attachment, links: Sequence[Link]) -> None:
    network = house.networks.get(asked.network)
    row = house.row(container)
    links = tuple(linked.by_id(house, Networking(links=tuple(links)), [network]))
    with house.store.containers.lock(row.id):
        _require_open(house, row, network, doing="connect")
        before = Connection(house, row)
        is_running = house.is_running(row)
        house.networks.attach(row.id, [asked], may_wait=not is_running)
        row = replace(row, spec=_joined(row.spec, network, asked, links))
        try:
            if is_running:
                adjust(house, row, before, Connection(house, row))
        except BaseException:
            cut(house, row, Connection(house, row), before)
            house.networks.detach(row.id, network.id)
            raise
        house.store.containers.update(row.id, row.spec)
        _tell(house, row, network, "connect")


def disconnect(house: Household, container: str, name: str, force: bool) -> None:
    network = house.networks.get(name)
    row = house.row(container)
    with house.store.containers.lock(row.id):
        _require_open(house, row, network, doing="disconnect")
        before = Connection(house, row)
        is_running = house.is_running(row)
        if network.id not in [endpoint.network for endpoint in before.endpoints]:
            if is_running or asked_of(row.spec.networking, network) is None:
                raise Conflict(f"container {row.name} is not connected to the network {network.name}")
            house.store.containers.update(row.id, _left(row.spec, network))
            return
        if is_running:
            _leave(house, row, before, network, force)
        else:
            remains.remove(house, row)  # while it is known what was its own
        publishing.clear(house, row, [each for each in before.endpoints if each.network == network.id])
        house.networks.detach(row.id, network.id)
        house.store.containers.update(row.id, _left(row.spec, network))
        if network.id in before.plan.resolved:
            names.publish(house, network)
        if is_running:
            _tell(house, row, network, "disconnect")


def _joined(spec: ContainerSpec, network: Network, asked: Attachment, links: Sequence[Link]) -> ContainerSpec:
    """What it is to have when it starts again."""
    before = spec.networking
    others = (each for each in before.attachments if not is_for(each, network))
    return replace(
        spec,
        networking=replace(
            before,
            attachments=(*others, asked),
            left=tuple(each for each in before.left if each != network.id),
            links=tuple(dict.fromkeys((*before.links, *links))),
        ),
    )


def _left(spec: ContainerSpec, network: Network) -> ContainerSpec:
    return replace(spec, networking=replace(spec.networking, left=(*spec.networking.left, network.id)))


def _leave(house: Household, row: ContainerRow, before: Connection, network: Network, force: bool) -> None:
    after = Connection(house, row, without=network.id)
    try:
        adjust(house, row, before, after)
    except (OnggiError, OSError):
        if not force:
            raise
        cut(house, row, before, after)
        if before.plan.publisher == network.id:
            publishing.end(house, row)


def _require_open(
    house: Household, row: ContainerRow, network: Network, *, doing: Literal["connect", "disconnect"]
) -> None:
    """Docker's refusals (moby, daemon/container_operations.go and daemon/network.go): how a container was made is
    nothing that its state is in the way of. Raises Conflict and Invalid."""
    mode = row.spec.networking.mode
    if house.state(row).status in ("removing", "dead"):
        raise Conflict(
            f"Container {row.id} is marked for removal and cannot be connected or disconnected to the network"
        )
    if network.name == "host":
        raise Invalid(_OF_HOST[doing])
    if mode == "host" or namespaces.other(mode):
        raise Invalid(
            "container sharing network namespace with another container or host cannot be connected to any other"
            " network",
            hint="connect the container whose network it shares" if mode != "host" else "",
        )
    if "none" in (mode, network.name):
        raise Invalid(
            "container cannot be connected to multiple networks with one of the networks in private (none) mode",
            hint="`none` is said once for all, when a container is made: make it anew with another --network",
        )
    if house.is_running(row) and has_uplink(house.home(row)):
        raise Conflict(
            f"container {row.name} has no bridge but a way out in user space, which cannot change while it runs",
            hint="stop it first",
        )


def _tell(house: Household, row: ContainerRow, network: Network, action: str) -> None:
    """Of one that does not run, its start and its end do."""
    if house.is_running(row):
        of_network(house.store, network).emit(action, container=row.id)
