"""What a container asks of networks, beside the networks that there are: looked at before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onggi.container.extra_hosts import asks_gateway
from onggi.container.network.network import Network
from onggi.container.network.plan import host_address, publishes
from onggi.container.spec import ContainerSpec, Networking
from onggi.engine.network import linked
from onggi.errors import Invalid

if TYPE_CHECKING:
    from onggi.engine.container.household import Household


def admitted(house: Household, spec: ContainerSpec, warn: Callable[[str], object]) -> ContainerSpec:
    """`spec`, with the setting for ports that name no address of the host: it holds for the container from now on,
    whoever starts it. `warn` is told if nothing can be published. Raises NotFound for a network, Invalid where there
    is no way to the host and one is asked for, and both as `linked.by_id`."""
    asked = spec.networking
    networks = [house.networks.get(each.network) for each in asked.attachments]
    if networks and asks_gateway(spec.hosts) and not host_address(networks):
        raise Invalid(
            "conflicting options: host-gateway and the network mode",
            hint="a macvlan has no way to the host that it is on; a network of the driver bridge has one",
        )
    if asked.links:
        asked = replace(asked, links=tuple(linked.by_id(house, asked, networks)))
        spec = replace(spec, networking=asked)
    if not (asked.ports or asked.publishes_all):
        return spec
    if reason := _why_unpublished(asked, networks):
        warn(f"Published ports are discarded when using {reason}")
    return replace(spec, networking=replace(asked, default_ip=house.settings.publish_default_ip))


def _why_unpublished(asked: Networking, networks: Sequence[Network]) -> str:
    """ "" where they are published."""
    if any(map(publishes, networks)):
        return ""
    return "only internal and macvlan networks" if networks else f"{asked.mode} network mode"
