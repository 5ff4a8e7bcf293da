"""A container that runs comes into a network, or leaves one: from what its Connection was to what it is to be. Undone
where that fails.

New links come first, and the way out leads there before an old one goes; what it has published stays published all the
while. Of a container that has ended meanwhile nothing is adjusted, which is no failure.
"""

from __future__ import annotations

import marshal
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onggi.container.network.change import Change, change, edited_hosts
from onggi.engine.network.connection import publishing, steps
from onggi.engine.network.connection.companions import NAMES, PORTS
from onggi.engine.network.connection.connection import Connection, lives
from onggi.engine.network.connection.namespace import held, namespace
from onggi.errors import Conflict, OnggiError
from onggi.linux import attach, frames, lifeline
from onggi.linux.netlink import Netlink

if TYPE_CHECKING:
    from onggi.container.network.plan import NetPlan
    from onggi.container.network.port import PortBinding
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow


def adjust(house: Household, row: ContainerRow, before: Connection, after: Connection) -> None:
    """The caller holds the container's lock. Raises what making a Connection does."""
    try:
        with namespace(house, row) as found:
            _Adjustment(house, row, before, after, found).make()
    except (OnggiError, OSError):
        if house.is_running(row):
            raise


def cut(house: Household, row: ContainerRow, before: Connection, after: Connection) -> None:
    """Where adjusting it has failed: the links go that it is not to have, so that others can be given their addresses,
    and nothing of the host leads there. Raises what keeps one."""
    left = change(before.plan, after.plan).left
    try:
        with namespace(house, row) as found, Netlink() as outside, Netlink(found) as inside:
            for link in left:
                steps.undo(link, steps.Place(outside, inside, found))
    except Conflict:
        if house.is_running(row):
            raise
    kept = {endpoint.network for endpoint in after.endpoints}
    for endpoint in before.endpoints:
        if endpoint.network not in kept:
            publishing.withdraw_from(before.networks[endpoint.network], endpoint, row.name)


class _Adjustment:
    def __init__(
        self, house: Household, row: ContainerRow, before: Connection, after: Connection, namespace: int
    ) -> None:
        self._house = house
        self._row = row
        self._home = house.home(row)
        self._before = before
        self._after = after
        self._namespace = namespace
        self._ports = house.state(row).ports
        self._wanted = set(after.companions)
        self._new = [name for name in after.companions if name not in before.companions]

    def make(self) -> None:
        with Netlink() as outside, Netlink(self._namespace) as inside, ExitStack() as undo:
            place = steps.Place(outside, inside, self._namespace)
            lifeline.make(str(self._home), self._new)
            with lives(str(self._home), self._new):
                with self._after.provided(outside):
                    found = change(self._before.plan, self._after.plan)
                    self._join(found, place, undo)
                self._lead_ports(undo)
                self._lead_names(undo)
                self._after.settle()
                self._rewrite_files(undo)
                self._tell_monitor(undo)
                self._after.finish()
            undo.pop_all()
            for link in found.left:
                steps.undo(link, place)
        for name in set(self._before.companions) - self._wanted:
            lifeline.await_end(str(self._home), name)
        if PORTS not in self._wanted:
            publishing.forget(self._house, self._row)  # of a keeper that was killed

    def _join(self, found: Change, place: steps.Place, undo: ExitStack) -> None:
        back = change(self._after.plan, self._before.plan)
        for link in back.left:
            undo.callback(steps.undo, link, place)
        for step in found.joined:
            steps.do(step, place)
        for route in back.routes:
            undo.callback(steps.do, route, place)
        for route in found.routes:
            steps.do(route, place)

    def _lead_ports(self, undo: ExitStack) -> None:
        """To where the plan has them: by the keeper that there is, by a new one, or nowhere."""
        if PORTS in self._new:
            self._after.take(self._after.wanted_ports(), undo)
            self._after.publish(undo)
            self._ports = self._after.ports
        elif PORTS not in self._wanted:
            self._ports = ()
        elif _publication(self._before.plan) != _publication(self._after.plan):
            undo.callback(self._move_ports, self._after, self._before)
            self._move_ports(self._before, self._after)

    def _move_ports(self, before: Connection, after: Connection) -> None:
        publishing.move(
            self._house,
            self._row,
            before.networks[before.plan.publisher],
            after.networks[after.plan.publisher],
            after.plan.targets,
        )

    def _lead_names(self, undo: ExitStack) -> None:
        if NAMES in self._new:
            self._after.serve(self._namespace, undo)
        elif NAMES in self._wanted and self._before.plan.resolved != self._after.plan.resolved:
            undo.callback(self._before.change_names)
            self._after.change_names()

    def _rewrite_files(self, undo: ExitStack) -> None:
        """In place: they are mounted in the container."""
        undo.callback(self._rewrite, self._after.plan, self._before.plan)
        self._rewrite(self._before.plan, self._after.plan)

    def _rewrite(self, before: NetPlan, after: NetPlan) -> None:
        hosts, resolv_conf = self._home / "hosts", self._home / "resolv.conf"
        _overwrite(hosts, edited_hosts(hosts.read_text(), before, after))
        if before.resolv_conf != after.resolv_conf:
            _overwrite(resolv_conf, after.resolv_conf)

    def _tell_monitor(self, undo: ExitStack) -> None:
        undo.callback(self._tell, self._before, self._house.state(self._row).ports)
        self._tell(self._after, self._ports)

    def _tell(self, connection: Connection, ports: tuple[PortBinding, ...]) -> None:
        networks = {
            "networks": msgspec.to_builtins(connection.told),
            "companions": list(connection.companions),
            "ports": msgspec.to_builtins(ports),
        }
        attach.request(self._home, frames.UPDATE, marshal.dumps({"networks": networks}))


def _publication(plan: NetPlan) -> tuple[str, tuple[str, ...]]:
    return plan.publisher, plan.targets


def _overwrite(path: Path, text: str) -> None:
    """Never shorter than it is to be, whoever reads it meanwhile."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    with held(descriptor):
        os.pwrite(descriptor, text.encode(), 0)
        os.ftruncate(descriptor, len(text.encode()))
