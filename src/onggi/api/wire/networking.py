"""Networks as clients ask for them with a container (moby, api/types/network) → Networking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.api.versions import Version, has
from onggi.api.wire import host_config
from onggi.api.wire.host_config import HostConfig
from onggi.api.wire.network import EndpointSettings, endpoint
from onggi.container.network import link
from onggi.container.network.networking import is_own
from onggi.container.spec import DEFAULT_NETWORK, Networking
from onggi.errors import Invalid

Warn: TypeAlias = Callable[[str], object]
_DEFAULTS = ("", "default")


class NetworkingConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    endpoints_config: dict[str, EndpointSettings | None] = {}


class NetworkedConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The fields of a container to be made that say in which networks it is, and how."""

    host_config: HostConfig = HostConfig()
    mac_address: str = ""
    network_disabled: bool = False
    networking_config: NetworkingConfig = NetworkingConfig()


def networking(asked: NetworkedConfig, version: Version, warn: Warn) -> Networking:
    """`warn` is told of what is passed over. A mode that none of the endpoints is for gives way to them, as in Docker.
    Raises Invalid, Unsupported."""
    host = asked.host_config
    mode = DEFAULT_NETWORK if host.network_mode in _DEFAULTS else host.network_mode
    if asked.network_disabled and mode == DEFAULT_NETWORK:
        mode = "none"
    endpoints = _endpoints(asked, mode, version)
    endpoints = _with_mac(asked.mac_address, endpoints, mode, version, warn)
    _tell_of_unbound(host, version, warn)
    attachments = tuple(endpoint(network, endpoints[network]) for network in _in_order(endpoints, mode))
    return Networking(
        mode=attachments[0].network if attachments else mode,
        attachments=attachments,
        ports=host_config.ports(host.port_bindings),
        publishes_all=host.publish_all_ports,
        dns=host_config.dns(host),
        links=tuple(dict.fromkeys(map(link.parse, _links(asked)))),
    )


def _links(asked: NetworkedConfig) -> Iterator[str]:
    """Clients say those on networks of one's own twice."""
    yield from asked.host_config.links
    for settings in asked.networking_config.endpoints_config.values():
        yield from (settings and settings.links) or ()


def _tell_of_unbound(host: HostConfig, version: Version, warn: Warn) -> None:
    """Of ports that say nothing of where they are published, as clients send them by mistake."""
    unbound = [private for private, places in host.port_bindings.items() if not places]
    if unbound and has(version, "ports without bindings are told of"):
        warn(
            f"Following container port(s) have an empty list of port-bindings: {', '.join(unbound)}. Such bindings will"
            " be discarded in a future version."
        )


def _endpoints(asked: NetworkedConfig, mode: str, version: Version) -> Mapping[str, EndpointSettings | None]:
    """None for a container that asks nothing particular of the only network that it names."""
    said = asked.networking_config.endpoints_config
    found = {network: settings and replace(settings, links=None) for network, settings in said.items()}
    if "default" in found and mode == DEFAULT_NETWORK:
        found[mode] = found.pop("default")
    if len(found) > 1 and not has(version, "several endpoints"):
        raise Invalid(f"Container cannot be created with multiple network endpoints: {', '.join(found)}")
    is_plain = list(found) == [mode] and found[mode] in (None, EndpointSettings())
    return {} if is_plain or asked.network_disabled else found


def _with_mac(
    mac: str, endpoints: Mapping[str, EndpointSettings | None], mode: str, version: Version, warn: Warn
) -> Mapping[str, EndpointSettings | None]:
    """With the address that is of the container as a whole, as clients before 1.44 say it."""
    if not mac:
        return endpoints
    is_new = has(version, "a MAC address is of an endpoint")
    if is_new:
        warn(
            "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead."
        )
    if not is_own(mode):
        if is_new:
            return endpoints
        raise Invalid("conflicting options: mac-address and the network mode")
    main = mode if is_new or not endpoints else next(iter(endpoints))
    if endpoints and main not in endpoints:
        raise Invalid("HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks")
    settings = endpoints.get(main) or EndpointSettings()
    if settings.mac_address not in ("", mac):
        raise Invalid(
            "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be"
            " left empty"
        )
    return {**endpoints, main: replace(settings, mac_address=mac)}


def _in_order(endpoints: Mapping[str, object], mode: str) -> list[str]:
    """That of the mode first, the others by name."""
    return sorted(endpoints, key=lambda network: (network != mode, network))
