"""`network …`: make, list, show and remove networks. Their links and rules are made when a container needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING, Any

from onggi import patterns
from onggi.container.network.network import BRIDGE_NAME, MTU, PARENT, Network, NetworkSpec, require_valid
from onggi.container.spec import DEFAULT_NETWORK
from onggi.engine.events import of_network, tell_pruned
from onggi.engine.filters import Checks, Filters, Tests, check_name, check_values, matches, require_known, truth
from onggi.engine.network.rows import rows
from onggi.engine.types import Pruned, PruneFilter, Removed
from onggi.errors import Conflict, Invalid, NotFound, Unavailable
from onggi.store.networks import Member
from onggi.store.networks import Networks as Rows
from onggi.store.prune_filter import EVERYTHING, Tell, has_label, unheard

if TYPE_CHECKING:
    from onggi.container.spec import Attachment, Link
    from onggi.engine.container.household import Household
    from onggi.linux.netlink import Netlink
    from onggi.store.fsck.finding import Finding

_TYPES = ("custom", "builtin")


class Networks:
    """The networks of one store. Raises NotFound for one that is not there."""

    def __init__(self, house: Household) -> None:
        self._house = house
        self._store = house.store

    def create(self, spec: NetworkSpec) -> Network:
        """Raises Conflict for a name, a subnet or a link that is taken, Denied for what is always there, Invalid for
        what cannot be, Unavailable for what this host lacks or has used up, NotFound for a driver, Unsupported for an
        option."""
        require_valid(spec)
        _require_host(spec, {network.bridge for network in self.rows.list()})
        network = self.rows.create(spec)
        of_network(self._store, network).emit("create")
        return network

    def inspect(self, name: str) -> dict[str, Any]:
        """Docker's JSON of one network, with the containers in it that run, and what addresses those that are in it
        have left."""
        from onggi.engine.network.description import describe, status

        network = self.rows.get(name)
        endpoints = [member.endpoint for member in self.rows.members().get(network.id, ())]
        taken = [address for each in endpoints for address in (each.ipv4, each.ipv6) if address]
        return describe(network, self._running(network)) | {"Status": status(network, taken)}

    def remove(self, name: str) -> None:
        """With its links and rules. Raises Denied for one that is always there, Conflict with the containers that run
        in it. Those that do not run have lost their places: they start again in a network of the same name."""
        self._remove(self.rows.get(name))

    def connect(self, container: str, asked: Attachment, links: Sequence[Link] = ()) -> None:
        """Let a container into a network, at once if it runs: all of it or nothing; `links` are others that it knows
        there by names of its own. Raises NotFound, Conflict where it is in it already, shares its network, or has none,
        and what its start does."""
        from onggi.engine.network.membership import connect

        connect(self._house, container, asked, links)

    def disconnect(self, container: str, network: str, force: bool = False) -> None:
        """Take it out of a network. `force`: what of that fails in a container that runs is left to its end. Raises
        NotFound, and Conflict where it is not in it, or cannot leave."""
        from onggi.engine.network.membership import disconnect

        disconnect(self._house, container, network, force)

    def mend(self, lock: int = -1) -> None:
        """Replace what was killed of the containers that run: keepers of ports, the resolver. Raises what kept one of
        them from being replaced, when all others have been. `lock`: the descriptor by which a monitor has handed over
        the lock for it."""
        from onggi.engine.network.repair.mending import mend

        mend(self._house, lock)

    def prune(self, only: PruneFilter = EVERYTHING, tell: Tell = unheard) -> Pruned:
        """Remove those that no container is in; and the bridge of the default one, if none of those in it runs. `tell`
        hears of each at once."""
        removed = []
        for network in self._unused():
            if network.is_predefined or not only.takes(network.created, network.labels):
                continue
            try:
                self._remove(network)
            except (Conflict, NotFound):
                continue  # a container has come meanwhile, or somebody else has removed it
            removed.append(Removed("deleted", network.name))
            tell("deleted", network.name)
        self._put_away()
        tell_pruned(self._store, "network", 0)
        return Pruned(tuple(removed))

    @property
    def rows(self) -> Rows:
        """Their rows in the store."""
        return rows(self._store)

    def _running(self, network: Network) -> Iterator[Member]:
        """Those in it that run, by name."""
        from onggi.engine.container.places import Places

        places = Places(*self.rows.snapshot())
        for row in sorted(self._store.containers.list(), key=lambda row: row.name):
            endpoint = next((place.endpoint for place in places.of(row) if place.network.id == network.id), None)
            if endpoint and self._house.is_running(row):
                yield Member(row.name, endpoint)

    def _remove(self, network: Network) -> None:
        """What there is of it on the host goes first, while its lock keeps containers from making that anew: who is
        killed, or fails, leaves a network as it was before its first container."""
        from onggi.engine.network.occupants import none_runs

        self.rows.require_removable(network.id)
        with none_runs(self._house, network) as members, self.rows.lock(network.id):
            self._take_down(network)
            self.rows.remove(network.id, members)
        of_network(self._store, network).emit("destroy")

    def _take_down(self, network: Network) -> None:
        from onggi.engine.network.host import bridges, traces

        folder = self.rows.folder(network.id)
        if traces.has(folder):
            bridges.take_down(network)
        traces.remove(folder)

    def check(self, repair: bool) -> Sequence[Finding]:
        """What was killed has left of them, and what somebody has removed; mended with `repair`."""
        from onggi.engine.network.repair.check import check

        return check(self._house, repair)

    def _put_away(self) -> None:
        from onggi.engine.network.occupants import put_away

        put_away(self._house, self.rows.get(DEFAULT_NETWORK))

    def _unused(self) -> Sequence[Network]:
        members = self.rows.members()
        return [network for network in self.rows.list() if network.id not in members]

    # Last, because its name hides the type in what follows.
    def list(self, filters: Filters | None = None) -> list[Network]:
        """By name. Raises Invalid for a filter."""
        wanted = filters or {}
        require_known(wanted, KEYS)
        check_values(wanted, _CHECKS)
        found = [network for network in self.rows.list() if matches(network, wanted, _TESTS)]
        dangling = truth(wanted, "dangling")
        if dangling is None:
            return found
        unused = {network.id for network in self._unused() if not network.is_predefined}
        return [network for network in found if (network.id in unused) is dangling]


def _check_type(value: str) -> None:
    if value not in _TYPES:
        raise Invalid(f"invalid filter 'type={value}'", hint=f"types: {', '.join(_TYPES)}")


_CHECKS: Checks = {
    "name": check_name,
    "type": _check_type,
}
_TESTS: Tests[Network] = {
    "driver": lambda network, value: network.driver == value,
    "id": lambda network, value: network.id.startswith(value),
    "label": lambda network, value: has_label(network.labels, value),
    "name": lambda network, pattern: patterns.found(pattern, network.name),
    "scope": lambda network, value: value == "local",
    "type": lambda network, value: value == _TYPES[network.is_predefined],
}
KEYS = (*_TESTS, "dangling")


def _require_host(spec: NetworkSpec, bridges: Set[str]) -> None:
    """Whether this host can have it. A bridge is ours, or it would go with the network. `bridges` are those of the
    networks that there are, of which the rows know more."""
    from onggi.linux.netlink import Netlink, links
    from onggi.linux.network_probe import has_ipv6

    if spec.has_ipv6 and not has_ipv6():
        raise Unavailable(
            f"network {spec.name}: IPv6 is off on this host",
            hint="turn it on with sysctl net.ipv6.conf.all.disable_ipv6=0",
        )
    bridge, parent = spec.options.get(BRIDGE_NAME, ""), spec.options.get(PARENT, "")
    with Netlink() as netlink:
        if bridge and links.find(netlink, bridge):
            raise Conflict(f"network {spec.name}: this host has a link {bridge} already", hint="choose another name")
        if spec.driver == "macvlan":
            _require_parent(netlink, spec, parent)
        if spec.driver == "bridge" and spec.subnets:
            _require_free(netlink, spec, bridges)


def _require_parent(netlink: Netlink, spec: NetworkSpec, parent: str) -> None:
    from onggi.linux.netlink import links

    found = links.find(netlink, parent)
    if not found:
        raise Invalid(f"network {spec.name}: this host has no link {parent}", hint="`ip link` lists them")
    if int(spec.options.get(MTU, "") or 0) > found.mtu:
        raise Invalid(
            f"network {spec.name}: the link {parent} has an MTU of {found.mtu}, and {spec.options[MTU]} is more",
            hint=f"leave out -o {MTU}=, or set that of {parent} first",
        )


def _require_free(netlink: Netlink, spec: NetworkSpec, bridges: Set[str]) -> None:
    """The bridge could not be made else. A subnet within what is routed is all right: the narrower way wins."""
    from onggi.container.network.rivalry import rival
    from onggi.engine.network.host.bridges import taken, ways
    from onggi.linux.netlink import addresses

    found = rival(spec.subnets, (way for way in ways(netlink) if way.link not in bridges))
    if found:
        raise Conflict(taken(spec.name, *found), hint="choose another --subnet, or leave it out")
    own = {address.partition("/")[0] for _, address in addresses.every(netlink)}
    gateway = next((subnet.gateway for subnet in spec.subnets if subnet.gateway in own), "")
    if gateway:
        raise Conflict(
            f"network {spec.name}: the gateway {gateway} is an address of this host already",
            hint="choose another --gateway, or leave it out",
        )
