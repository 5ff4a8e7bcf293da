"""A container's connection to its networks: made before it starts, handed over to its monitor, undone where that fails.
How it changes while the container runs is in adjustment.py.

    with connected(house, row) as connection:
        …                       # plan with its files and its namespace, give the rest to the monitor
        connection.settle()     # before the monitor starts it
    connection.finish()         # once it runs: nothing is undone any more, the monitor has who fails replaced

Within the block we hold the pipes `life` in the monitor's place: if we are killed, the companions end as they do with
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from onggi.container.home import NETNS
from onggi.container.network.plan import plan
from onggi.container.network.port import PortBinding, publish_all
from onggi.engine.container.hostname import hostname
from onggi.engine.events import of_network
from onggi.engine.network import linked, names, occupants
from onggi.engine.network.connection import steps
from onggi.engine.network.connection.companions import ALL, NAMES, PORTS
from onggi.engine.network.connection.namespace import held
from onggi.engine.network.connection.publishing import Publishing
from onggi.engine.network.host import nameservers
from onggi.engine.network.repair import remains
from onggi.errors import Unsupported
from onggi.linux import lifeline, netns
from onggi.linux.launch import Actor
from onggi.linux.netlink import Netlink

if TYPE_CHECKING:
    from onggi.container.network.attachment import Endpoint
    from onggi.engine.container.household import Household
    from onggi.linux.resolver.start import Asker, Serving
    from onggi.store.containers import ContainerRow

_RESOLVER_LOG = "resolver.log"


class Connection:
    """`plan` says what is done, `ports` what is published once it is. `without`: as if it were not in that network."""

    def __init__(self, house: Household, row: ContainerRow, *, without: str = "") -> None:
        self.house = house
        self.row = row
        self._without = without
        self.home = str(house.home(row))
        self.netns = f"{self.home}/{NETNS}"
        self._look()
        self.ports: tuple[PortBinding, ...] = ()
        self.publishing: Publishing | None = None
        self._resolver: Serving | None = None

    def _look(self) -> None:
        """What the rows say now."""
        spec = self.row.spec
        self.networks = {network.id: network for network in self.house.networks.list()}
        self.endpoints = self._places()
        self.plan = plan(
            [self.networks[endpoint.network] for endpoint in self.endpoints],
            self.endpoints,
            nameservers.names(spec.networking.dns, hostname(self.row), spec.domain_name),
            linked.neighbours(self.house, self.row, self.endpoints) if spec.networking.links else (),
        )

    def _places(self) -> tuple[Endpoint, ...]:
        endpoints = self.house.networks.endpoints(self.row.id)
        return tuple(endpoint for endpoint in endpoints if endpoint.network != self._without)

    @property
    def companions(self) -> tuple[str, ...]:
        """The names of those that it needs."""
        return (*([PORTS] if self.wanted_ports() else ()), *([NAMES] if self.plan.resolved else ()))

    @property
    def told(self) -> tuple[Actor, ...]:
        """Whom the monitor tells of beside the container: its networks, with the attributes of Docker's events."""
        described = [of_network(self.house.store, self.networks[each.network]) for each in self.endpoints]
        return tuple(
            Actor(folder=each.folder, id=each.id, attributes={"container": self.row.id, **each.attributes})
            for each in described
        )

    @property
    def mending_lock(self) -> str:
        return self.house.networks.mending_lock

    def make(self, undo: ExitStack) -> None:
        """Do what the plan says; `undo` takes it back."""
        self.take(self.wanted_ports(), undo)
        undo.callback(netns.remove, self.netns)
        netns.make(self.netns)
        with held(netns.hold(self.netns)) as namespace:
            self.link(namespace, undo)
            self.serve(namespace, undo)

    def link(self, namespace: int, undo: ExitStack) -> None:
        """Between the container's namespace and the host's."""
        with Netlink() as outside, Netlink(namespace) as inside, self.provided(outside):
            self.publish(undo)
            for each in self.plan.inside:
                steps.do(each, steps.Place(outside, inside, namespace))

    def mend_link(self, lacking: Sequence[str], namespace: int, undo: ExitStack) -> None:
        """Does again what the companions in `lacking` had done. Their ports are already ours."""
        if PORTS in lacking:
            with Netlink() as outside, self.provided(outside):
                self.publish(undo)

    def settle(self) -> None:
        """Returns when the rules are in force that it needs; there is other work until then. Raises what nft.apply
        does."""
        if self.publishing:
            self.publishing.settle()
        if self._resolver:
            self._resolver.settle()

    def finish(self) -> None:
        """Returns when everybody can reach it. Raises Unavailable."""
        if self.publishing:
            self.publishing.finish()
        if self._resolver:
            self._resolver.finish()

    def wanted_ports(self) -> tuple[PortBinding, ...]:
        """As it was asked for."""
        if not self.plan.publisher:
            return ()
        networking = self.row.spec.networking
        if not networking.publishes_all:
            return networking.ports
        return publish_all(networking.ports, self.row.spec.exposed_ports)

    def take(self, wanted: Sequence[PortBinding], undo: ExitStack) -> None:
        """Ports of the host, before anything else is made. Raises Conflict."""
        if not wanted:
            return
        self.publishing = Publishing(self.house, self.row, self.networks[self.plan.publisher])
        self.ports = self.publishing.take(wanted, undo)

    @contextmanager
    def provided(self, outside: Netlink) -> Iterator[None]:
        """The bridges are there; in the block none of ours goes, and no address changes: make the links."""
        with ExitStack() as locks:
            for network in sorted(endpoint.network for endpoint in self.endpoints):
                locks.enter_context(self.house.networks.lock(network))
            if self._places() != self.endpoints:
                self._look()
            while not occupants.provide(self.house, outside, self.plan.outside, self.networks):
                self._look()
            yield

    def publish(self, undo: ExitStack) -> None:
        """What was taken leads to the container."""
        if self.publishing:
            self.publishing.begin(self.plan.targets, undo)

    def serve(self, namespace: int, undo: ExitStack) -> None:
        """Have its names, and those of the others, answered."""
        if not self.plan.resolved:
            return
        from onggi.linux.resolver.start import serve

        self.tell_names()
        with (
            held(lifeline.listen(self.home, NAMES)) as life,
            held(lifeline.hold(self.home, lifeline.kept(NAMES))) as kept,
            open(self.house.networks.folder() / _RESOLVER_LOG, "ab") as log,
        ):
            self._resolver = serve(
                str(self.house.networks.folder()), self.asker(), namespace, life, kept, log=log.fileno()
            )
        undo.callback(self._resolver.abandon)

    def asker(self) -> Asker:
        from onggi.linux.resolver.start import Asker

        own = self.row.spec.networking.dns.servers
        return Asker(container=self.row.id, networks=self.plan.resolved, upstream=own or None)

    def tell_names(self) -> None:
        """So that the resolver knows it in all its networks."""
        for network in self.plan.resolved:
            names.publish(self.house, self.networks[network])

    def change_names(self) -> None:
        """The resolver serves it already."""
        from onggi.linux.resolver.start import change

        self.tell_names()
        change(str(self.house.networks.folder()), self.asker())


@contextmanager
def connected(house: Household, row: ContainerRow) -> Iterator[Connection]:
    """Raises Conflict for a port, an address or a subnet that is taken, NotFound for a network, Unsupported and Denied
    for what this host cannot do."""
    house.networks.join(row.id, row.spec.networking)
    house.networks.close_ranks(row.id)
    remains.remove(house, row)
    lifeline.remove(str(house.home(row)), ALL)
    with ExitStack() as held_lives, ExitStack() as undo:
        connection = Connection(house, row)
        try:
            _make(connection, held_lives, undo)
        except Unsupported as error:
            from onggi.engine.network.connection.uplink import instead

            undo.close()
            connection = instead(house, row, error)
            _make(connection, held_lives, undo)
        yield connection
        undo.pop_all()


def _make(connection: Connection, held_lives: ExitStack, undo: ExitStack) -> None:
    undo.callback(lifeline.remove, connection.home, connection.companions)
    lifeline.make(connection.home, connection.companions)
    held_lives.enter_context(lives(connection.home, connection.companions))
    connection.make(undo)


@contextmanager
def lives(home: str, companions: Iterable[str]) -> Iterator[None]:
    """They live, in the block, though no monitor holds their pipes yet."""
    with ExitStack() as stack:
        for companion in companions:
            stack.enter_context(held(lifeline.hold(home, lifeline.life(companion))))
        yield
