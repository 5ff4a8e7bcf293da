"""What a container asks of a network, and what it has there then: `--network` → Attachment → Endpoint."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from onggi.container.network.network import Network, parse_address, version
from onggi.container.spec import DEFAULT_NETWORK, Attachment, Networking
from onggi.errors import Conflict, Invalid, Unsupported

_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
NAME = re.compile(r"[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,251}[a-zA-Z0-9_])?")
"""By which others may know a container."""
_KEYS = ("name", "alias", "ip", "ip6", "mac-address", "gw-priority")
_OTHER_KEYS = ("driver-opt", "link-local-ip")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A container's place in a network: `container` and `network` are IDs; "" for an address of a family that the
    network does not have. The addresses are without prefixes. position: the number of its interface."""

    container: str
    network: str
    position: int = 0
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""
    aliases: tuple[str, ...] = ()
    priority: int = 0

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(address for address in (self.ipv4, self.ipv6) if address)


def parse(text: str) -> Attachment:
    """`web`, or `name=web,alias=db,ip=10.88.0.7` (docker/cli, opts/network.go). Raises Invalid, Unsupported."""
    if not text.strip():
        raise Invalid("no name set for network", hint="`onggi network ls` shows all")
    if "=" not in text:
        return Attachment(network=text)
    found: dict[str, list[str]] = {key: [] for key in _KEYS}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        key = key.strip().lower()
        if key in _OTHER_KEYS:
            raise Unsupported(f"--network {text}: {key} is not there", hint=f"fields: {', '.join(_KEYS)}")
        if not equals or key not in found:
            raise Invalid(f"invalid field {part} of --network {text}", hint=f"fields: {', '.join(_KEYS)}")
        found[key].append(value.strip())
    once = {key: values[-1] if values else "" for key, values in found.items()}
    if not once["name"]:
        raise Invalid(f"--network {text}: network name is not specified", hint="write name=NETWORK")
    return attachment(
        once["name"], found["alias"], once["ip"], once["ip6"], once["mac-address"], _number(once["gw-priority"])
    )


def attachment(
    network: str, aliases: Sequence[str] = (), ipv4: str = "", ipv6: str = "", mac: str = "", priority: int = 0
) -> Attachment:
    """With what is written checked, and written in the one way. Raises Invalid."""
    for alias in aliases:
        if not NAME.fullmatch(alias):
            raise Invalid(f"invalid network alias: {alias!r}", hint="letters and digits, and between them _ . -")
    return Attachment(
        network=network,
        aliases=tuple(dict.fromkeys(aliases)),
        ipv4=_address(ipv4, 4),
        ipv6=_address(ipv6, 6),
        mac=parse_mac(mac) if mac else "",
        priority=priority,
    )


def parse_mac(text: str) -> str:
    """In the one way to write it. Raises Invalid; also for one that stands for several links."""
    mac = text.lower().replace("-", ":")
    if not _MAC.fullmatch(mac) or mac == "00:00:00:00:00:00":
        raise Invalid(f"{text!r} is not a valid mac address", hint="write it as 02:42:0a:58:00:02")
    if int(mac[:2], 16) & 1:
        raise Invalid(
            f"{text!r} is not a valid mac address: it stands for a group of links", hint="its first byte is to be even"
        )
    return mac


def asked_of(networking: Networking, network: Network) -> Attachment | None:
    """What a container asks for in that network; None where it is not to be in it."""
    if network.id in networking.left:
        return None
    return next((each for each in networking.attachments if is_for(each, network)), None)


def is_for(asked: Attachment, network: Network) -> bool:
    """Whether that network is meant: by its name, its ID, or how the ID begins."""
    return asked.network == network.name or network.id.startswith(asked.network)


def require_fit(network: Network, asked: Attachment) -> None:
    """Whether a container can have that there. Raises Conflict, Invalid."""
    if network.driver in ("host", "null"):
        raise Conflict(
            f"container cannot be connected to the network {network.name} together with others, or with addresses",
            hint=f"--network {network.name} alone gives it",
        )
    if network.name == DEFAULT_NETWORK and asked.aliases:
        raise Invalid(
            "network-scoped alias is supported only for containers in user defined networks",
            hint="make one with `onggi network create`",
        )
    for address, family in ((asked.ipv4, 4), (asked.ipv6, 6)):
        if address:
            _require_own_subnet(network, address, family)


def _require_own_subnet(network: Network, address: str, family: int) -> None:
    """A subnet that we chose may be another one when the network is made again."""
    if network.name == DEFAULT_NETWORK:
        raise Invalid(
            "user specified IP address is supported on user defined networks only",
            hint="make one with `onggi network create --subnet`",
        )
    subnets = [subnet for subnet in network.subnets if subnet.version == family]
    if not subnets:
        raise Invalid(
            f"the network {network.name} has no IPv{family}, so none can be {address}",
            hint=f"make one that has with `onggi network create --ipv{family} --subnet`",
        )
    if all(subnet.is_ours for subnet in subnets):
        raise Invalid(
            "user specified IP address is supported only when connecting to networks with user configured subnets",
            hint=f"make the network with `onggi network create --subnet {subnets[0].network} {network.name}`",
        )


def _address(text: str, family: int) -> str:
    if not text:
        return ""
    address = parse_address(text, "address")
    if version(address) != family:
        raise Invalid(f"{address} is no address of IPv{family}", hint="--ip is for IPv4, --ip6 for IPv6")
    return address


def _number(text: str) -> int:
    try:
        return int(text or 0)
    except ValueError as error:
        raise Invalid(f"invalid gw-priority: {text!r}", hint="write a whole number") from error
