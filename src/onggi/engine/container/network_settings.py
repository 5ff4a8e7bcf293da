"""NetworkSettings of `inspect`: where a container is reached, in Docker's JSON (Engine API, NetworkSettings and
EndpointSettings). Of one that does not run, only what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onggi.container.home import NETNS
from onggi.container.life import RUNNING
from onggi.container.network import port
from onggi.container.network.attachment import asked_of
from onggi.container.network.network import Network, contains
from onggi.container.spec import DEFAULT_NETWORK, Networking
from onggi.container.state import State
from onggi.engine.container.places import Place
from onggi.engine.network.description import endpoint_id
from onggi.store.containers import ContainerRow
from onggi.store.networks import Member

_NO_ADDRESS: dict[str, Any] = {
    "EndpointID": "",
    "Gateway": "",
    "GlobalIPv6Address": "",
    "GlobalIPv6PrefixLen": 0,
    "IPAddress": "",
    "IPPrefixLen": 0,
    "IPv6Gateway": "",
    "MacAddress": "",
}


def network_settings(row: ContainerRow, state: State, home: Path, places: Sequence[Place]) -> dict[str, Any]:
    networking, is_running = row.spec.networking, state.status in RUNNING
    default = next((place for place in places if is_running and place.network.name == DEFAULT_NETWORK), None)
    ports = port.table(state.ports, row.spec.exposed_ports) if is_running and networking.is_attached else {}
    key = _namespace(networking, state, home) if is_running else ""
    return {
        "Bridge": "",
        "SandboxID": row.id if key else "",
        "SandboxKey": key,
        "Ports": dict(sorted(ports.items())),
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        **(_address(default) if default else _NO_ADDRESS),
        "Networks": endpoint_settings(row, is_running, places),
    }


def endpoint_settings(row: ContainerRow, is_running: bool, places: Sequence[Place]) -> dict[str, Any]:
    """What it has in its networks, by their names."""
    return {
        place.network.name: _settings(row, place) | (_address(place) if is_running else _NO_ADDRESS)
        for place in sorted(places, key=lambda place: place.network.name)
    }


def _namespace(networking: Networking, state: State, home: Path) -> str:
    """Where its network namespace is, for `nsenter --net=`; "" for that of another container."""
    if networking.is_attached:
        return str(home / NETNS)
    return f"/proc/{state.pid}/ns/net" if state.pid and ":" not in networking.mode else ""


def _settings(row: ContainerRow, place: Place) -> dict[str, Any]:
    """What it was asked to be there, in Docker's order; of the addresses only their names."""
    network, endpoint = place.network, place.endpoint
    member = Member(row.name, endpoint, row.spec.hostname)
    return {
        "IPAMConfig": _asked(row.spec.networking, network),
        "Links": None,
        "Aliases": list(endpoint.aliases) or None,
        "MacAddress": "",
        "DriverOpts": None,
        "GwPriority": endpoint.priority,
        "NetworkID": network.id,
        **_NO_ADDRESS,
        "DNSNames": None if network.is_predefined else list(member.names),
    }


def _asked(networking: Networking, network: Network) -> dict[str, str] | None:
    """The addresses that the person chose."""
    asked = asked_of(networking, network)
    chosen = {"IPv4Address": asked.ipv4, "IPv6Address": asked.ipv6} if asked else {}
    return {name: address for name, address in chosen.items() if address} or None


def _address(place: Place) -> dict[str, Any]:
    endpoint = place.endpoint
    ipv4, ipv6 = (_within(place.network, address) for address in (endpoint.ipv4, endpoint.ipv6))
    return {
        "EndpointID": endpoint_id(endpoint),
        "Gateway": ipv4[1],
        "GlobalIPv6Address": endpoint.ipv6,
        "GlobalIPv6PrefixLen": ipv6[0],
        "IPAddress": endpoint.ipv4,
        "IPPrefixLen": ipv4[0],
        "IPv6Gateway": ipv6[1],
        "MacAddress": endpoint.mac,
    }


def _within(network: Network, address: str) -> tuple[int, str]:
    """The length of the subnet's prefix, and the gateway that leads out of it."""
    if not address:
        return 0, ""
    subnet = next(subnet for subnet in network.subnets if contains(subnet, address))
    return subnet.block.prefixlen, "" if network.is_internal else subnet.gateway
