"""`network inspect`: Docker's JSON of one network (moby, api/types/network)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from onggi.container.network.attachment import Endpoint
from onggi.container.network.network import (
    BRIDGE_NAME,
    ETHERNET_MTU,
    IS_DEFAULT,
    MASQUERADE,
    MTU,
    TALK,
    Network,
    Subnet,
)
from onggi.container.network.pool import count, with_prefix
from onggi.container.spec import DEFAULT_NETWORK
from onggi.engine.dates import rfc3339
from onggi.store.networks import Member

_MOST = 2**64 - 1
"""Of IPv6 addresses that are left, Docker tells no more."""


def describe(network: Network, members: Iterable[Member]) -> dict[str, Any]:
    """`members` are the containers in it that run."""
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": rfc3339(network.created),
        "Scope": "local",
        "Driver": network.driver,
        "EnableIPv4": network.has_ipv4,
        "EnableIPv6": network.has_ipv6,
        "IPAM": {
            "Driver": "default",
            "Options": None if network.is_predefined else {},
            "Config": [_subnet(subnet) for subnet in network.subnets] or None,
        },
        "Internal": network.is_internal,
        "Attachable": network.is_attachable,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {member.endpoint.container: _member(network, member) for member in members},
        "Options": _options(network),
        "Labels": dict(network.labels),
    }


def status(network: Network, taken: Collection[str]) -> dict[str, Any]:
    """How many addresses of each subnet are gone, and how many are left to be given. `taken` are those of the network's
    containers."""
    counted = {subnet.network: count(subnet, taken) for subnet in network.subnets}
    subnets = {
        subnet: {"IPsInUse": used, "DynamicIPsAvailable": min(left, _MOST)} for subnet, (used, left) in counted.items()
    }
    return {"IPAM": {"Subnets": subnets}}


def endpoint_id(endpoint: Endpoint) -> str:
    """64 hexadecimal digits, the same as long as it is there. Both IDs are chance, so what they make together is."""
    return f"{int(endpoint.container, 16) ^ int(endpoint.network, 16):064x}"


def _options(network: Network) -> dict[str, str]:
    """Of the default network Docker says how it is, and programs find its link by that (moby, daemon/daemon_unix.go,
    initBridgeDriver); of others what they were asked to be."""
    if network.name != DEFAULT_NETWORK:
        return dict(network.options)
    facts = {IS_DEFAULT: True, TALK: network.has_talk, MASQUERADE: network.is_masqueraded}
    said = {option: str(fact).lower() for option, fact in facts.items()}
    return {**said, BRIDGE_NAME: network.bridge, MTU: str(network.mtu or ETHERNET_MTU)}


def _subnet(subnet: Subnet) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "Subnet": subnet.network,
        "IPRange": subnet.range,
        "Gateway": subnet.gateway,
        "AuxiliaryAddresses": dict(subnet.reserved),
    }
    return {name: value for name, value in fields.items() if value}


def _member(network: Network, member: Member) -> dict[str, str]:
    endpoint = member.endpoint
    return {
        "Name": member.name,
        "EndpointID": endpoint_id(endpoint),
        "MacAddress": endpoint.mac,
        "IPv4Address": with_prefix(network, endpoint.ipv4) if endpoint.ipv4 else "",
        "IPv6Address": with_prefix(network, endpoint.ipv6) if endpoint.ipv6 else "",
    }
