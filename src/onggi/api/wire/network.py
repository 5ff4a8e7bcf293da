"""Networks as clients make them (moby, api/types/network); those that are there the engine describes itself."""

from __future__ import annotations

from typing import Any

import msgspec

from onggi.api.refusals import NO_MANAGER, Refusal
from onggi.container.network import link
from onggi.container.network.attachment import attachment
from onggi.container.network.network import NetworkSpec, gather
from onggi.container.spec import Attachment, Link
from onggi.engine.types import Pruned
from onggi.errors import Unsupported


class AddressBlock(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A subnet, and what of it is whose."""

    subnet: str = ""
    ip_range: str = msgspec.field(default="", name="IPRange")
    gateway: str = ""
    aux_address: dict[str, str] | None = msgspec.field(default=None, name="AuxiliaryAddresses")


class Ipam(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """How addresses are chosen."""

    driver: str = ""
    options: dict[str, str] | None = None
    config: tuple[AddressBlock, ...] | None = None


class Create(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The body of POST /networks/create."""

    name: str = ""
    check_duplicate: bool = False  # of clients before 1.44: names are never there twice
    driver: str = ""
    scope: str = ""
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    config_only: bool = False
    config_from: dict[str, Any] | None = None
    ipam: Ipam | None = msgspec.field(default=None, name="IPAM")
    enable_ipv4: bool | None = msgspec.field(default=None, name="EnableIPv4")
    enable_ipv6: bool | None = msgspec.field(default=None, name="EnableIPv6")
    options: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class Created(msgspec.Struct, frozen=True, rename="pascal"):
    """A network that was made."""

    id: str
    warning: str = ""


class EndpointAddresses(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Addresses that a container asks for."""

    ipv4_address: str = msgspec.field(default="", name="IPv4Address")
    ipv6_address: str = msgspec.field(default="", name="IPv6Address")
    link_local_ips: tuple[str, ...] | None = msgspec.field(default=None, name="LinkLocalIPs")


class EndpointSettings(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What a container asks of one network. What `inspect` says besides is passed over, as clients send it back."""

    ipam_config: EndpointAddresses | None = msgspec.field(default=None, name="IPAMConfig")
    links: tuple[str, ...] | None = None
    aliases: tuple[str, ...] | None = None
    mac_address: str = ""
    driver_opts: dict[str, str] | None = None
    gw_priority: int = 0


class Connect(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The body of POST /networks/{id}/connect."""

    container: str = ""
    endpoint_config: EndpointSettings | None = None


class Disconnect(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The body of POST /networks/{id}/disconnect."""

    container: str = ""
    force: bool = False


class Report(msgspec.Struct, frozen=True, rename="pascal"):
    networks_deleted: tuple[str, ...] | None


def spec(asked: Create) -> NetworkSpec:
    """Raises Refusal and Unsupported for what needs a swarm, Invalid."""
    if asked.scope == "swarm" or asked.driver == "overlay":
        raise Refusal(503, NO_MANAGER)
    _refuse(asked)
    ipam = asked.ipam or Ipam()
    blocks = ipam.config or ()
    return NetworkSpec(
        name=asked.name,
        driver=asked.driver or "bridge",
        subnets=gather(
            [block.subnet for block in blocks if block.subnet],
            [block.ip_range for block in blocks if block.ip_range],
            [block.gateway for block in blocks if block.gateway],
            {name: address for block in blocks for name, address in (block.aux_address or {}).items()},
        ),
        has_ipv4=asked.enable_ipv4 is not False,
        has_ipv6=bool(asked.enable_ipv6),
        is_internal=asked.internal,
        is_attachable=asked.attachable,
        labels=asked.labels or {},
        options=asked.options or {},
    )


def endpoint(network: str, asked: EndpointSettings | None) -> Attachment:
    """What a container asks of `network`. Raises Invalid, Unsupported for links, which only a new container gets."""
    settings = asked or EndpointSettings()
    addresses = settings.ipam_config or EndpointAddresses()
    for what, value, hint in (
        ("LinkLocalIPs", addresses.link_local_ips, "addresses are of the network's subnets"),
        ("DriverOpts", settings.driver_opts, "the network's own options are those of POST /networks/create"),
    ):
        if value:
            raise Unsupported(f"EndpointConfig.{what} is not supported", hint=hint)
    return attachment(
        network,
        settings.aliases or (),
        addresses.ipv4_address,
        addresses.ipv6_address,
        settings.mac_address,
        settings.gw_priority,
    )


def links(asked: EndpointSettings | None) -> tuple[Link, ...]:
    """Whom it knows in the network by names of its own. Raises Invalid."""
    return tuple(link.parse(text) for text in (asked and asked.links) or ())


def of_pruned(pruned: Pruned) -> Report:
    return Report(tuple(removed.name for removed in pruned.removed) or None)


def _refuse(asked: Create) -> None:
    for what, value, hint in (
        ("Ingress", asked.ingress, "it is of Docker Swarm"),
        ("ConfigOnly", asked.config_only, "it is of Docker Swarm"),
        ("ConfigFrom", (asked.config_from or {}).get("Network"), "it is of Docker Swarm"),
        ("Scope", asked.scope not in ("", "local"), "networks are of this host"),
        ("IPAM.Driver", (asked.ipam or Ipam()).driver not in ("", "default"), "addresses are chosen by the store"),
        ("IPAM.Options", (asked.ipam or Ipam()).options, "addresses are chosen by the store"),
    ):
        if value:
            raise Unsupported(f"{what} of a network is not supported", hint=hint)
