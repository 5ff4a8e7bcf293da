"""The file from which a network's resolver knows its containers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from onggi.container.network.network import Network
from onggi.linux.resolver import document
from onggi.linux.resolver.start import NAMES
from onggi.store.networks import Member


def publish(folder: Path, network: Network, members: Iterable[Member], servers: tuple[str, ...]) -> None:
    """Say who is in the network, whether it runs or not: the resolver knows whom it serves. The caller holds the
    network's lock, and has read `members` since."""
    folder.mkdir(parents=True, exist_ok=True)
    endpoints = tuple(
        document.Endpoint(member.endpoint.container, names_of(member), member.endpoint.addresses) for member in members
    )
    upstream = () if network.is_internal else servers
    document.write(str(folder / NAMES), document.Names(network.name, endpoints, upstream))


def names_of(member: Member) -> tuple[str, ...]:
    """As others may call it there (moby, buildEndpointDNSNames); the first is what its address is told to be."""
    given = (member.name, *member.endpoint.aliases, member.endpoint.container[:12], member.hostname)
    return tuple(dict.fromkeys(filter(None, given)))
