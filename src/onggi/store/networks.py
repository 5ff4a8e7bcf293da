"""Networks, and what containers have in them: rows, each choice made in the transaction that writes it down.

Every transaction that writes is alone in its store (BEGIN IMMEDIATE), so what is free when it looks is free when it
commits, however many processes choose at once. An endpoint goes with the row of its container, by the database.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import count
from pathlib import Path

import msgspec
from msgspec.structs import replace

from onggi.container.network import pool
from onggi.container.network.attachment import Endpoint, require_fit
from onggi.container.network.network import PREDEFINED, Network, NetworkSpec, require_valid
from onggi.container.network.pool import AddressTaken
from onggi.container.spec import DEFAULT_NETWORK, Attachment, Networking
from onggi.errors import Conflict, Denied, Invalid, NotFound
from onggi.store import lockfile
from onggi.store.db import Transaction
from onggi.store.disk import Disk, Lease

Routes = Callable[[], Iterable[str]]
"""The host's destinations, as 10.0.0.0/8; asked only where a subnet has to be chosen."""

_DECODER = msgspec.json.Decoder(Network)
_ENDPOINT = msgspec.json.Decoder(Endpoint)
_MENDING = "mending"
_DIGITS = frozenset("0123456789abcdef")


class Member(msgspec.Struct, frozen=True):
    """A container in a network, by its name; `hostname` is the one that it was asked to have, or ""."""

    name: str
    endpoint: Endpoint
    hostname: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """As others may call it there (moby, buildEndpointDNSNames); the first is what its address is told to be."""
        given = (self.name, *self.endpoint.aliases, self.endpoint.container[:12], self.hostname)
        return tuple(dict.fromkeys(filter(None, given)))


class _Asked(msgspec.Struct):
    """Of a container's spec what is told of a member."""

    hostname: str = ""


class Networks:
    """The networks of one store. `routes` keep the subnets that we choose away from what the host can reach."""

    def __init__(self, disk: Disk, routes: Routes) -> None:
        self._disk = disk
        self._routes = routes

    def create(self, spec: NetworkSpec) -> Network:
        """Raises Conflict for a name or a subnet that is taken, Invalid for what cannot be, Unavailable if no subnet is
        free, NotFound for a driver, Unsupported for an option."""
        require_valid(spec)
        with self._disk.db.write("making a network") as transaction:
            self._provide(transaction)
            if transaction.execute("SELECT 1 FROM networks WHERE name = ?", (spec.name,)).fetchone():
                raise Conflict(f"network with name {spec.name} already exists")
            return self._add(transaction, spec)

    def get(self, text: str) -> Network:
        """By name, ID, or the beginning of an ID, in this order. Raises NotFound, or Invalid where it fits several."""
        return _choose(self.list(), text)

    def remove(self, id: str, members: Collection[str] = ()) -> None:
        """With the places in it of these containers, none of which runs. Raises Conflict if others have come, and what
        `require_removable` does."""
        with self._disk.db.write("removing a network") as transaction:
            self.require_removable(id)
            others = {member.name for member in self.members().get(id, ()) if member.endpoint.container not in members}
            if others:
                raise Conflict(f"network {id[:12]} has got a container meanwhile: {', '.join(sorted(others))}")
            transaction.execute("DELETE FROM endpoints WHERE network = ?", (id,))
            transaction.execute("DELETE FROM networks WHERE id = ?", (id,))

    def require_removable(self, id: str) -> None:
        """Raises NotFound, Denied for one that is always there."""
        found = self._disk.db.one("SELECT network FROM networks WHERE id = ?", (id,))
        if found is None:
            raise NotFound(f"network {id} not found")
        network = _DECODER.decode(found[0])
        if network.is_predefined:
            raise Denied(f"{network.name} is a pre-defined network and cannot be removed")

    def attach(
        self, container: str, attachments: Sequence[Attachment], *, may_wait: bool = False
    ) -> tuple[Endpoint, ...]:
        """As `allocate`, in a transaction of its own."""
        with self._disk.db.write("attaching a container to networks") as transaction:
            return self.allocate(transaction, container, attachments, may_wait=may_wait)

    def join(self, container: str, networking: Networking) -> None:
        """See to it that a container which is about to start has all the places that it asks for: an address may have
        been somebody else's until now, and a network another of the same name. Raises what `allocate` does."""
        if len(self.endpoints(container)) >= len(networking.attachments) - len(networking.left):
            return
        with self._disk.db.write("attaching a container to networks") as transaction:
            had = {endpoint.network for endpoint in self.endpoints(container)} | {*networking.left}
            known = _all(transaction)
            lacking = [each for each in networking.attachments if _choose(known, each.network).id not in had]
            self.allocate(transaction, container, lacking)

    def allocate(
        self,
        transaction: Transaction,
        container: str,
        attachments: Sequence[Attachment],
        *,
        may_wait: bool = False,
    ) -> tuple[Endpoint, ...]:
        """Places in networks for the container, whose row is there: all of them or, with the transaction, none; but for
        one whose address is taken, which `may_wait` until `join`. Raises NotFound for a network, Conflict for what is
        taken, Invalid for what cannot be, Unavailable where a network is full."""
        self._provide(transaction)
        had = {
            position
            for (position,) in transaction.execute("SELECT position FROM endpoints WHERE container = ?", (container,))
        }
        free = (position for position in count() if position not in had)
        known = _all(transaction)
        chosen = [_choose(known, asked.network) for asked in attachments]
        for number, network in enumerate(chosen):
            if network in chosen[:number]:
                raise Invalid(
                    f'network "{network.name}" is specified multiple times', hint="an ID is another name of it"
                )
        made = []
        for position, network, asked in zip(free, chosen, attachments, strict=False):
            with suppress(AddressTaken) if may_wait else nullcontext():
                made.append(self._allocate(transaction, container, position, network, asked))
        return tuple(made)

    def detach(self, container: str, network: str) -> None:
        """Give up the container's place in the network. Raises NotFound if it has none."""
        with self._disk.db.write("detaching a container from a network") as transaction:
            if not transaction.execute(
                "DELETE FROM endpoints WHERE container = ? AND network = ? RETURNING 1", (container, network)
            ).fetchall():
                raise NotFound(f"container {container[:12]} is not in the network {network[:12]}")

    def close_ranks(self, container: str) -> None:
        """Number its interfaces without gaps. It does not run."""
        endpoints = self.endpoints(container)
        if [endpoint.position for endpoint in endpoints] == [*range(len(endpoints))]:
            return
        with self._disk.db.write("numbering interfaces") as transaction:
            for position, endpoint in enumerate(endpoints):
                moved = replace(endpoint, position=position)
                transaction.execute(
                    "UPDATE endpoints SET position = ?, endpoint = ? WHERE container = ? AND network = ?",
                    (position, msgspec.json.encode(moved), container, endpoint.network),
                )

    def lend(self, lease: Lease, name: str) -> tuple[Network, Endpoint]:
        """A place in that network for what is no container, as long as the lease; its ID is chance. Raises Unavailable
        where the network is full."""
        with self._disk.db.write("lending an address") as transaction:
            self._provide(transaction)
            network = _choose(_all(transaction), name)
            ipv4, ipv6, mac = self._choose_addresses(transaction, network, Attachment(network=name))
            lease.take_endpoint(transaction, network.id, ipv4, ipv6, mac)
            chance = os.urandom(32).hex()
            return network, Endpoint(container=chance, network=network.id, ipv4=ipv4, ipv6=ipv6, mac=mac)

    def renumber(self, id: str) -> None:
        """Choose again the subnets that we have chosen, and the addresses in them of all its containers, none of which
        runs. Raises NotFound, Unavailable if no subnet is free."""
        with self._disk.db.write("choosing other addresses for a network") as transaction:
            networks = {network.id: network for network in _all(transaction)}
            if id not in networks:
                raise NotFound(f"network {id} not found")
            before = networks.pop(id)
            network = pool.renew(before, os.urandom(32).hex(), list(networks.values()), self._routes)
            transaction.execute("UPDATE networks SET network = ? WHERE id = ?", (msgspec.json.encode(network), id))
            _move(transaction, network)

    def is_lent(self, id: str) -> bool:
        """Whether a living process has a lease of a place there."""
        rows = self._disk.db.all("SELECT DISTINCT session FROM leased_endpoints WHERE network = ?", (id,))
        living = self._disk.sessions() if rows else ()
        return any(session in living for (session,) in rows)

    def lock(self, id: str) -> AbstractContextManager[None]:
        """For what there is of the network outside the database: its bridge, its file of names."""
        return self._disk.lock(f"network {id}")

    def mending(self, descriptor: int = -1) -> AbstractContextManager[None]:
        """For who puts in place again what was killed. `descriptor`: it holds the lock already."""
        return self._disk.lock(_MENDING) if descriptor < 0 else lockfile.handed_over(self.mending_lock, descriptor)

    @property
    def mending_lock(self) -> str:
        """The path of the file that is locked meanwhile."""
        return self._disk.lock_path(f"key-{_MENDING}")

    def folder(self, id: str = "") -> Path:
        """For what there is of one outside the database, or what they have in common."""
        return self._disk.root / "networks" / id

    def endpoints(self, container: str) -> tuple[Endpoint, ...]:
        """Of one container, in the order of its interfaces."""
        rows = self._disk.db.all("SELECT endpoint FROM endpoints WHERE container = ? ORDER BY position", (container,))
        return tuple(_ENDPOINT.decode(raw) for (raw,) in rows)

    def members(self) -> dict[str, list[Member]]:
        """ID of a network → the containers that are in it, in whatever state, by name. One without any is left out."""
        found: dict[str, list[Member]] = {}
        for member in _members(self._disk.db.all(f"{_MEMBERS} ORDER BY name")):
            found.setdefault(member.endpoint.network, []).append(member)
        return found

    def by_container(self) -> dict[str, dict[str, str]]:
        """ID of a container → its networks, name → ID, in the order of its interfaces. One without is left out."""
        found: dict[str, dict[str, str]] = {}
        for container, name, network in self._disk.db.all(_BY_CONTAINER):
            found.setdefault(container, {})[name] = network
        return found

    def _provide(self, transaction: Transaction) -> None:
        """Make those that are always there, if this is the first time that somebody asks."""
        if transaction.execute("SELECT 1 FROM networks WHERE name = ?", (DEFAULT_NETWORK,)).fetchone() is None:
            for name, driver in PREDEFINED.items():
                self._add(transaction, NetworkSpec(name=name, driver=driver))

    def _add(self, transaction: Transaction, spec: NetworkSpec) -> Network:
        network = pool.complete(spec, os.urandom(32).hex(), time.time(), _all(transaction), self._routes)
        transaction.execute(
            "INSERT INTO networks VALUES (?, ?, ?)", (network.id, network.name, msgspec.json.encode(network))
        )
        return network

    def _allocate(
        self, transaction: Transaction, container: str, position: int, network: Network, asked: Attachment
    ) -> Endpoint:
        require_fit(network, asked)
        if transaction.execute(
            "SELECT 1 FROM endpoints WHERE container = ? AND network = ?", (container, network.id)
        ).fetchone():
            raise Conflict(
                f"endpoint with name {_name(transaction, container)} already exists in network {network.name}"
            )
        ipv4, ipv6, mac = self._choose_addresses(transaction, network, asked)
        endpoint = Endpoint(
            container=container,
            network=network.id,
            position=position,
            ipv4=ipv4,
            ipv6=ipv6,
            mac=mac,
            aliases=asked.aliases,
            priority=asked.priority,
        )
        transaction.execute(
            "INSERT INTO endpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
            (container, network.id, position, ipv4 or None, ipv6 or None, mac, msgspec.json.encode(endpoint)),
        )
        return endpoint

    def _choose_addresses(self, transaction: Transaction, network: Network, asked: Attachment) -> tuple[str, str, str]:
        """IPv4, IPv6 and MAC, "" for a family that the network does not have."""
        taken = self._taken(transaction, network.id)
        ipv4, ipv6 = (
            pool.choose_address(network, family, {row[column] for row in taken if row[column]}, wanted)
            if any(subnet.version == family for subnet in network.subnets)
            else ""
            for column, family, wanted in ((0, 4, asked.ipv4), (1, 6, asked.ipv6))
        )
        return ipv4, ipv6, pool.choose_mac(network, ipv4 or ipv6, {row[2] for row in taken}, asked.mac)

    def _taken(self, transaction: Transaction, network: str) -> list[Sequence[str]]:
        """IPv4, IPv6 and MAC of containers, and of what living processes lease; nothing for a family not had."""
        taken = transaction.execute("SELECT ipv4, ipv6, mac FROM endpoints WHERE network = ?", (network,)).fetchall()
        leased = transaction.execute(
            "SELECT session, ipv4, ipv6, mac FROM leased_endpoints WHERE network = ?", (network,)
        ).fetchall()
        living = self._disk.sessions() if leased else ()
        return [*taken, *(addresses for session, *addresses in leased if session in living)]

    def snapshot(self) -> tuple[Sequence[Network], Sequence[Endpoint]]:
        """All networks, and all that containers have in them in the order of their interfaces, of one moment."""
        self.list()
        with self._disk.db.snapshot():
            endpoints = self._disk.db.all("SELECT endpoint FROM endpoints ORDER BY container, position")
            return self.list(), [_ENDPOINT.decode(raw) for (raw,) in endpoints]

    # Last, because its name hides the type in what follows.
    def list(self) -> list[Network]:
        """All, by name; those that are always there too."""
        query = "SELECT network FROM networks ORDER BY name"
        rows = self._disk.db.all(query)
        if not rows:
            with self._disk.db.write("making the first networks") as transaction:
                self._provide(transaction)
            rows = self._disk.db.all(query)
        return [_DECODER.decode(raw) for (raw,) in rows]


_BY_CONTAINER = (
    "SELECT container, name, id FROM endpoints JOIN networks ON id = endpoints.network ORDER BY container, position"
)
_MEMBERS = "SELECT name, endpoint, spec FROM endpoints JOIN containers ON id = container"
_ASKED = msgspec.json.Decoder(_Asked)


def _members(rows: Iterable[tuple[str, bytes, bytes]]) -> list[Member]:
    return [Member(name, _ENDPOINT.decode(raw), _hostname(spec)) for name, raw, spec in rows]


def _hostname(spec: bytes) -> str:
    """One that cannot be read keeps nobody from a network."""
    try:
        return _ASKED.decode(spec).hostname
    except msgspec.DecodeError:
        return ""


def _move(transaction: Transaction, network: Network) -> None:
    """New addresses for all who are in it, of the families whose subnets are of our choice."""
    rows = transaction.execute(
        "SELECT endpoint FROM endpoints WHERE network = ? ORDER BY length(ipv4), ipv4", (network.id,)
    ).fetchall()
    taken = {"ipv4": set[str](), "ipv6": set[str]()}
    moving = {f"ipv{subnet.version}": subnet.version for subnet in network.subnets if subnet.is_ours}
    for before in [_ENDPOINT.decode(raw) for (raw,) in rows]:
        found = {name: pool.choose_address(network, version, taken[name]) for name, version in moving.items()}
        for name, address in found.items():
            taken[name].add(address)
        after = replace(before, **found)
        if before.mac == pool.mac(before.ipv4 or before.ipv6):
            after = replace(after, mac=pool.mac(after.ipv4 or after.ipv6))
        transaction.execute(
            "UPDATE endpoints SET ipv4 = ?, ipv6 = ?, mac = ?, endpoint = ? WHERE network = ? AND container = ?",
            (
                *(after.ipv4 or None, after.ipv6 or None, after.mac),
                *(msgspec.json.encode(after), network.id, after.container),
            ),
        )


def _name(transaction: Transaction, container: str) -> str:
    (name,) = transaction.execute("SELECT name FROM containers WHERE id = ?", (container,)).fetchone()
    return str(name)


def _all(transaction: Transaction) -> list[Network]:
    return [_DECODER.decode(raw) for (raw,) in transaction.execute("SELECT network FROM networks ORDER BY name")]


def _choose(networks: Sequence[Network], text: str) -> Network:
    """By name, ID, or the beginning of an ID, in this order."""
    is_start = bool(text) and set(text) <= _DIGITS
    for found in (
        [network for network in networks if network.name == text],
        [network for network in networks if network.id == text],
        [network for network in networks if is_start and network.id.startswith(text)],
    ):
        if len(found) > 1:
            raise Invalid(f"{text!r} is the beginning of several network IDs", hint="write more digits of the ID")
        if found:
            return found[0]
    from onggi.suggest import did_you_mean  # late: for a mistake only

    meant = did_you_mean(text, (network.name for network in networks))
    raise NotFound(f"network {text} not found{meant}", hint="`onggi network ls` shows all")
