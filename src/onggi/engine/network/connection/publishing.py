"""A container's published ports: sockets of the host, the keeper that relays from them, and the short way for
connections of the host itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from onggi.container.network import rules
from onggi.container.network.network import Network
from onggi.container.network.port import PortBinding, do_overlap, family
from onggi.engine.network.connection.companions import PORTS
from onggi.errors import Conflict, NotFound, Unsupported
from onggi.linux import lifeline, nft
from onggi.linux.ports import listen
from onggi.linux.ports.start import lead_to, start

if TYPE_CHECKING:
    from onggi.container.network.attachment import Endpoint
    from onggi.engine.container.household import Household
    from onggi.linux.companion import Companion
    from onggi.linux.ports.listen import Listener
    from onggi.store.containers import ContainerRow

_LOG = "ports.log"
_NOTE = "ports.nft"


class Publishing:
    """Of one container, through one of its networks."""

    def __init__(self, house: Household, row: ContainerRow, network: Network) -> None:
        self._house = house
        self._row = row
        self._network = network
        self._targets: Sequence[str] = ()
        self._listeners: list[Listener] = []
        self._keeper: Companion | None = None
        self._leading: nft.Running | None = None
        self._listing: nft.Running | None = None
        self._doing = f"cannot publish the ports of {row.name}"

    def take(self, wanted: Sequence[PortBinding], undo: ExitStack) -> tuple[PortBinding, ...]:
        """Listen: each where it is published, at one address and port. Raises Conflict with who has a port, Invalid,
        Denied, Unsupported."""
        settled = self._row.spec.networking.default_ip
        default = self._network.host_binding or self._house.settings.publish_default_ip or settled
        try:
            self._listeners = listen.take(wanted, default, self._publisher)
        except Conflict as error:
            if self._house.state(self._row).status == "created" and not self._row.spec.auto_remove:
                error.hint += f"; `onggi rm {self._row.name}` before, for {self._row.name} is there, as created"
            raise
        undo.callback(listen.release, self._listeners)
        return tuple(listener.binding for listener in self._listeners)

    def begin(self, targets: Sequence[str], undo: ExitStack) -> None:
        """Lead them to the container, which has the addresses `targets` in the network, whose bridge is there. The
        keeper gets ready meanwhile."""
        self._targets = targets
        network, found = self._network.short_id, self._publications()
        home = str(self._house.home(self._row))
        note = _write_note(home, rules.withdraw(network, found))
        undo.callback(_drop_note, home)
        self._keep(targets, undo, at_end=[nft.command(note, self._doing)], note=note)
        if found:
            self._leading = nft.begin(rules.publish(network, found), self._doing)
            undo.callback(self._withdraw, self._leading)
            self._listing = nft.begin_listing(rules.table(network))
            undo.callback(self._listing.wait)

    def begin_within(self, namespace: int, targets: Sequence[str], undo: ExitStack) -> None:
        """The same where there is no bridge: the keeper reaches the container from its own network namespace, and there
        is no short way."""
        self._keep(targets, undo, namespace=namespace)

    def _keep(self, targets: Sequence[str], undo: ExitStack, **how: Any) -> None:
        home = str(self._house.home(self._row))
        with ExitStack() as mine:
            life, kept = lifeline.listen(home, PORTS), lifeline.hold(home, lifeline.kept(PORTS))
            for descriptor in (life, kept):
                mine.callback(os.close, descriptor)
            log = mine.enter_context(open(f"{home}/{_LOG}", "wb"))
            self._keeper = start(self._row.name, self._listeners, targets, life, kept, log=log.fileno(), **how)
        undo.callback(self._keeper.abandon)

    def settle(self) -> None:
        """Returns when the host's own connections go the short way. A rule that is in the way is of a keeper that was
        killed, since we have the port."""
        try:
            if self._leading:
                self._leading.finish()
        except Conflict:
            network = self._network.short_id
            text = rules.withdraw(network, self._present()) + rules.publish(network, self._publications())
            nft.apply(text, self._doing)
        self._withdraw_strays()

    def _withdraw_strays(self) -> None:
        """What leads to our addresses from ports that we have not published is of somebody who had them before."""
        if not self._listing:
            return
        wanted = set(self._publications())
        strays = [each for each in rules.published(nft.objects(self._listing)) if each not in wanted]
        stale = [each for each in strays if each.to_address in self._targets]
        if stale:
            nft.apply(rules.withdraw(self._network.short_id, stale), self._doing)

    def finish(self) -> None:
        """Returns when the keeper is ready. Raises Unavailable."""
        listen.release(self._listeners)
        if self._keeper:
            self._keeper.finish()

    def _withdraw(self, leading: nft.Running) -> None:
        leading.wait()
        nft.apply(rules.withdraw(self._network.short_id, self._present()), self._doing)

    def _present(self) -> list[rules.Publication]:
        """What is led from our ports, wherever to."""
        ours = {(each.address, each.port) for each in self._publications()}
        return [each for each in led(self._network) if (each.address, each.port) in ours]

    def _publications(self) -> list[rules.Publication]:
        return publications((listener.binding for listener in self._listeners), self._targets)

    def _publisher(self, wanted: PortBinding) -> str:
        """The container of this store that has published the port, "" for none."""
        for row in self._house.store.containers.list():
            for binding in self._house.state(row).ports:
                is_same = (binding.protocol, binding.host_port) == (wanted.protocol, wanted.host_port)
                if is_same and do_overlap(binding.host_ip, wanted.host_ip):
                    return row.name
        return ""


def move(house: Household, row: ContainerRow, before: Network, after: Network, targets: Sequence[str]) -> None:
    """What a container that runs has published leads to other addresses of it, in another network perhaps."""
    home, ports = str(house.home(row)), house.state(row).ports
    ours = {(each.host_ip, each.host_port) for each in ports}
    found = publications(ports, targets)
    _write_note(home, rules.withdraw(after.short_id, found))
    old = [each for each in led(before) if (each.address, each.port) in ours]
    text = rules.withdraw(before.short_id, old) + rules.publish(after.short_id, found)
    nft.apply(text, f"cannot publish the ports of {row.name}")
    lifeline.tell(home, PORTS, lead_to(targets))


def end(house: Household, row: ContainerRow) -> None:
    """Its keeper lets go of everything. The monitor has it replaced, if there is another network to publish through."""
    home = str(house.home(row))
    lifeline.tell(home, PORTS, lead_to(()))
    lifeline.await_end(home, PORTS)


def is_noted(house: Household, row: ContainerRow) -> bool:
    """Whether a keeper has had no time to take back what led to a container that does not run."""
    return (house.home(row) / _NOTE).exists()


def forget(house: Household, row: ContainerRow) -> None:
    """Take it back then."""
    if not is_noted(house, row):
        return
    networks = {network.id: network for network in house.networks.list()}
    for endpoint in house.networks.endpoints(row.id):
        withdraw_from(networks[endpoint.network], endpoint, row.name)
    _drop_note(str(house.home(row)))


def clear(house: Household, row: ContainerRow, left: Iterable[Endpoint]) -> None:
    """Nothing leads to these addresses any more, whoever should have seen to it: others are given them."""
    if not (row.spec.networking.ports or row.spec.networking.publishes_all):
        return
    networks = {network.id: network for network in house.networks.list()}
    for endpoint in left:
        if networks[endpoint.network].driver == "bridge":
            withdraw_from(networks[endpoint.network], endpoint, row.name)


def withdraw_from(network: Network, endpoint: Endpoint, container: str) -> None:
    """Nothing leads to the container in that network any more, whatever led there."""
    stale = [each for each in led(network) if each.to_address in endpoint.addresses]
    if stale:
        nft.apply(rules.withdraw(network.short_id, stale), f"cannot withdraw the ports of {container}")


def _write_note(home: str, text: str) -> str:
    """What its keeper does at its end. As long as the file is there, it has not been done."""
    path = f"{home}/{_NOTE}"
    with open(f"{path}.new", "w") as file:
        file.write(text)
    os.replace(f"{path}.new", path)
    return path


def _drop_note(home: str) -> None:
    """Unless the keeper was quicker."""
    with suppress(FileNotFoundError):
        os.unlink(f"{home}/{_NOTE}")


def led(network: Network) -> Sequence[rules.Publication]:
    """What of the host's connections is led into the network: nothing where there are no such rules."""
    try:
        return rules.published(nft.listing(rules.table(network.short_id)))
    except (NotFound, Unsupported):
        return ()


def by_family(addresses: Iterable[str]) -> dict[int, str]:
    return {family(address): address for address in addresses}


def publications(ports: Iterable[PortBinding], targets: Iterable[str]) -> list[rules.Publication]:
    """What the rules are to lead to a container that has these ports published: `targets` are its addresses."""
    found = by_family(targets)
    return [
        rules.Publication(binding.host_ip, binding.host_port, target, binding.container_port)
        for binding in ports
        for target in [found.get(family(binding.host_ip))]
        if target and binding.protocol == "tcp"
    ]
