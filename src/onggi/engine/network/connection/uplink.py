"""A container on the default network of a host where there can be no bridge: its namespace has a way out in user space.

It reaches what the host reaches, by sockets of the host. Nobody reaches it but through published ports, whose keeper is
in its namespace; it reaches neither other containers nor what listens at the host's loopback.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from onggi.container.network.pool import with_prefix
from onggi.container.spec import DEFAULT_NETWORK
from onggi.engine.network.connection.companions import UPLINK, has_uplink
from onggi.engine.network.connection.connection import Connection
from onggi.engine.network.connection.namespace import held
from onggi.errors import Unsupported
from onggi.linux import lifeline
from onggi.linux.netlink import Netlink, addresses
from onggi.linux.uplink.start import LINK, Uplink, find, find_named, start

if TYPE_CHECKING:
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow

_LOG = "uplink.log"
_PROGRAM = "uplink.program"
"""The name of who gave it its way out, since another one would make another link."""


class UplinkConnection(Connection):
    """Made by the program that is recorded in its folder."""

    @property
    def companions(self) -> tuple[str, ...]:
        return (UPLINK, *super().companions)

    def link(self, namespace: int, undo: ExitStack) -> None:
        self._lead_out(namespace)
        self._publish_within(namespace, undo)

    def mend_link(self, lacking: Sequence[str], namespace: int, undo: ExitStack) -> None:
        if UPLINK in lacking:
            self._lead_out(namespace)
        self._publish_within(namespace, undo)

    def _publish_within(self, namespace: int, undo: ExitStack) -> None:
        if self.publishing:
            self.publishing.begin_within(namespace, self.plan.targets, undo)

    def _lead_out(self, namespace: int) -> None:
        program = find_named(Path(self.home, _PROGRAM).read_text())
        (endpoint,) = self.endpoints
        address = with_prefix(self.networks[endpoint.network], endpoint.ipv4)
        host, _, prefix = address.partition("/")
        wanted = Uplink(self.netns, host, int(prefix), self.plan.gateway)
        with (
            held(lifeline.listen(self.home, UPLINK)) as life,
            held(lifeline.hold(self.home, lifeline.kept(UPLINK))) as kept,
            open(f"{self.home}/{_LOG}", "w+b") as log,
        ):
            start(program, self.row.name, wanted, life, kept, log)
        if not program.gives_address:
            with Netlink(namespace) as inside:
                addresses.add(inside, LINK, host)  # beside its own, so that it is known by the one that is told


def instead(house: Household, row: ContainerRow, refusal: Unsupported) -> Connection:
    """In place of the one by a bridge, which was refused. Raises that again where nothing else will do."""
    connection = Connection(house, row)
    if {connection.networks[endpoint.network].name for endpoint in connection.endpoints} != {DEFAULT_NETWORK}:
        raise refusal
    program = find()
    if program is None:
        refusal.hint += "; the package passt would do for the default network"
        raise refusal
    (house.home(row) / _PROGRAM).write_text(program.name)
    house.settings.note(f"{row.name} is on the network by {program.name}, without other containers: {refusal}")
    return UplinkConnection(house, row)


def connection_of(house: Household, row: ContainerRow) -> Connection:
    """Of a container that runs."""
    return (UplinkConnection if has_uplink(house.home(row)) else Connection)(house, row)
