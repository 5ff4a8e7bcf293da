"""A network, as it is asked for and as it is: driver, subnets, options.

    NetworkSpec   what `network create` says; subnets may be left to us
    Network       one that is: with an id, and subnets that are whole (see pool.py)

Pure; errors begin with Docker's words (moby, daemon/network.go and libnetwork; docker/cli, command/network).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from onggi.boolean import parse_bool
from onggi.container.spec import DEFAULT_NETWORK
from onggi.errors import Denied, Invalid, NotFound, Unsupported

Block: TypeAlias = IPv4Network | IPv6Network

PREDEFINED = {DEFAULT_NETWORK: "bridge", "host": "host", "none": "null"}
"""Networks that are always there → their drivers."""
_RESERVED_NAMES = {*PREDEFINED, "default"}
"""`default` is what `run` calls the default one as well."""
DRIVERS = ("bridge", "macvlan")
"""Those that a person can make networks of."""
BRIDGE_PREFIX = "ong-"
_ID_LENGTH = 64
_SHORT_ID_LENGTH = 12
_LONGEST_LINK = 15  # IFNAMSIZ is 16, with the byte at the end
_MOST_MTU = 65535
ETHERNET_MTU = 1500
"""What the kernel gives a link of its own accord."""
_LEAST_MTU_OF_IPV6 = 1280  # RFC 8200, section 5
_MOST_PREFIX = {4: 30, 6: 126}  # room for the gateway and one container
_USUAL_PREFIX = {4: 24, 6: 64}
_RESERVED = {
    "0.0.0.0/8": "means this host (RFC 1122)",
    "127.0.0.0/8": "is the loopback of every host",
    "169.254.0.0/16": "is of links alone, and no router passes it on (RFC 3927)",
    "224.0.0.0/4": "is for multicast",
    "255.255.255.255/32": "is for broadcasts",
    "::/127": "means this host (RFC 4291)",
    "::ffff:0:0/96": "stands for addresses of IPv4 (RFC 4291)",
    "fe80::/10": "is of links alone, and no router passes it on (RFC 4291)",
    "ff00::/8": "is for multicast",
}
"""Addresses that no container can have → why."""
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_LONGEST_NAME = 200  # it is a domain of its containers' names (RFC 1035: 255 with all labels)
_LINK = re.compile(r"[a-zA-Z0-9_.-]{1,15}")

_OURS = "com.docker.network."
IS_DEFAULT = f"{_OURS}bridge.default_bridge"
"""Told of the default network; nobody can ask for it."""
BRIDGE_NAME = f"{_OURS}bridge.name"
TALK = f"{_OURS}bridge.enable_icc"
MASQUERADE = f"{_OURS}bridge.enable_ip_masquerade"
HOST_BINDING = f"{_OURS}bridge.host_binding_ipv4"
MTU = f"{_OURS}driver.mtu"
INTERFACE_PREFIX = f"{_OURS}container_iface_prefix"
PARENT = "parent"
MODE = "macvlan_mode"
_MODES = ("bridge", "private", "vepa", "passthru")


class Subnet(msgspec.Struct, frozen=True):
    """`network` is written 10.88.0.0/16. gateway: "" for none. range: the part of it that addresses are chosen from, ""
    for all. reserved: a name → an address that no container gets. `is_ours`: nobody has asked for this one."""

    network: str
    gateway: str = ""
    range: str = ""
    reserved: Mapping[str, str] = {}
    is_ours: bool = False

    @property
    def block(self) -> Block:
        return ip_network(self.network)

    @property
    def version(self) -> int:
        return version(self.network)


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `is_internal`: it leads nowhere but to its own containers, and to this host."""

    name: str
    driver: str = "bridge"
    subnets: tuple[Subnet, ...] = ()
    has_ipv4: bool = True
    has_ipv6: bool = False
    is_internal: bool = False
    is_attachable: bool = False
    labels: Mapping[str, str] = {}
    options: Mapping[str, str] = {}


class Network(NetworkSpec, frozen=True, kw_only=True):
    """`id` has 64 hexadecimal digits; `created` is seconds since the epoch."""

    id: str
    created: float

    @property
    def short_id(self) -> str:
        return self.id[:_SHORT_ID_LENGTH]

    @property
    def bridge(self) -> str:
        """The name of its link."""
        return self.options.get(BRIDGE_NAME, "") or BRIDGE_PREFIX + self.id[: _LONGEST_LINK - len(BRIDGE_PREFIX)]

    @property
    def is_predefined(self) -> bool:
        return self.name in PREDEFINED

    @property
    def is_masqueraded(self) -> bool:
        return self._is(MASQUERADE) and not self.is_internal

    @property
    def has_talk(self) -> bool:
        """Whether its containers reach each other."""
        return self._is(TALK)

    @property
    def mtu(self) -> int:
        """0 for the kernel's own."""
        return int(self.options.get(MTU, "") or 0)

    @property
    def host_binding(self) -> str:
        """The host's address for ports that are published without one; "" for the setting's."""
        return self.options.get(HOST_BINDING, "")

    @property
    def interface_prefix(self) -> str:
        return self.options.get(INTERFACE_PREFIX, "") or "eth"

    def _is(self, option: str) -> bool:
        return parse_bool(self.options.get(option, "")) is not False


def require_valid(spec: NetworkSpec) -> None:
    """Raises Invalid, Denied for what is there once for all, NotFound for a driver, Unsupported for an option that
    has a meaning which is not ours."""
    _require_name(spec.name)
    _require_driver(spec.driver)
    _require_options(spec)
    if not (spec.has_ipv4 or spec.has_ipv6):
        raise Invalid(f"network {spec.name}: IPv4 or IPv6 must be enabled")
    for subnet in spec.subnets:
        if not (spec.has_ipv6 if subnet.version == 6 else spec.has_ipv4):
            raise Invalid(
                f"the subnet {subnet.network} is of IPv{subnet.version}, which the network {spec.name} does not have",
                hint=f"enable it with --ipv{subnet.version}, or leave the subnet out",
            )
        _require_ordinary(subnet.block)


def gather(
    subnets: Sequence[str], ranges: Sequence[str], gateways: Sequence[str], reserved: Mapping[str, str]
) -> tuple[Subnet, ...]:
    """What `network create` is told one by one, each beside the subnet that it is in. Raises Invalid."""
    if len(subnets) < max(len(ranges), len(gateways)):
        raise Invalid(
            "every ip-range or gateway must have a corresponding subnet",
            hint=f"as many --subnet as the most of them: here {len(subnets)}",
        )
    found: list[Subnet] = []
    for text in subnets:
        block = parse_subnet(text)
        if any(do_overlap(block, other.block) for other in found):
            raise Invalid(f"multiple overlapping subnet configuration is not supported: {text} overlaps another")
        found.append(Subnet(str(block)))
    for text in ranges:
        place = _find(found, str(parse_subnet(text, "range")), "range")
        _require_first(found[place].range, text, found[place], "ranges")
        found[place] = replace(found[place], range=str(parse_subnet(text, "range")))
    for text in gateways:
        gateway = parse_address(text, "gateway")
        place = _find(found, gateway, "gateway")
        _require_first(found[place].gateway, text, found[place], "gateways")
        _require_usable(found[place], gateway, "gateway")
        found[place] = replace(found[place], gateway=gateway)
    for name, text in reserved.items():
        if not text:
            raise Invalid(f"invalid aux-address: {name!r}", hint="write NAME=ADDRESS, as in printer=10.88.0.9")
        address = parse_address(text, "aux-address")
        place = _find(found, address, "aux-address")
        if address == found[place].gateway:
            raise Invalid(f"the aux-address {name}={address} is the gateway of the subnet {found[place].network}")
        found[place] = replace(found[place], reserved={**found[place].reserved, name: address})
    return tuple(found)


def version(text: str) -> int:
    """4 or 6: the family of an address or a block."""
    return 6 if ":" in text else 4


def do_overlap(one: Block, other: Block) -> bool:
    return one.version == other.version and one.overlaps(other)


def contains(subnet: Subnet, address: str) -> bool:
    return subnet.version == version(address) and ip_address(address) in subnet.block


def is_edge(block: Block, address: str) -> bool:
    """Whether it stands for the whole subnet: the first address and, of IPv4, the last (RFC 4291, section 2.6.1)."""
    value = ip_address(address)
    return value == block.network_address or (block.version == 4 and value == block.broadcast_address)


def parse_subnet(text: str, what: str = "subnet") -> Block:
    """Raises Invalid; also where bits are set behind the prefix, and where it is too small for a subnet."""
    try:
        block = ip_network(text, strict=False)
    except ValueError as error:
        raise Invalid(f"invalid {what} {text}: invalid CIDR block notation", hint="write it as 10.88.0.0/16") from error
    address, slash, _ = text.partition("/")
    if not slash:
        raise Invalid(
            f"invalid {what} {text}: invalid CIDR block notation",
            hint=f"name its prefix as well: {text}/{_USUAL_PREFIX[block.version]}",
        )
    if ip_address(address) != block.network_address:
        raise Invalid(f"invalid {what} {text}: it should be {block}")
    if what == "subnet" and block.prefixlen > _MOST_PREFIX[block.version]:
        raise Invalid(
            f"invalid {what} {text}: it has no room for a gateway and a container",
            hint=f"/{_MOST_PREFIX[block.version]} is the smallest",
        )
    return block


def parse_address(text: str, what: str) -> str:
    """In the one way to write it. Raises Invalid."""
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise Invalid(f"invalid {what}: {text!r} is no IP address", hint="write it as 10.88.0.1 or fd00::1") from error


def _find(subnets: Sequence[Subnet], text: str, what: str) -> int:
    block = ip_network(text)
    for place, subnet in enumerate(subnets):
        outer = subnet.block
        if do_overlap(outer, block) and block.prefixlen >= outer.prefixlen:
            return place
    raise Invalid(f"no matching subnet for {what} {text}", hint="give one that it is in with --subnet")


def _require_first(present: str, text: str, subnet: Subnet, what: str) -> None:
    if present:
        raise Invalid(f"cannot configure multiple {what} ({present}, {text}) on the same subnet ({subnet.network})")


def _require_ordinary(block: Block) -> None:
    for reserved, meaning in _RESERVED.items():
        if do_overlap(block, ip_network(reserved)):
            raise Invalid(
                f"the subnet {block} cannot be: {reserved} {meaning}",
                hint="take one of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8",
            )


def _require_usable(subnet: Subnet, address: str, what: str) -> None:
    if is_edge(subnet.block, address):
        raise Invalid(f"invalid {what} {address}: it stands for the whole subnet {subnet.network}")


def _require_name(name: str) -> None:
    if name in _RESERVED_NAMES:
        raise Denied(f"operation is not permitted on predefined {name} network")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise Invalid(
            f"invalid network name: {name!r}",
            hint=f"letters, digits, and behind the first one _ . -; {_LONGEST_NAME} characters are the most",
        )
    if len(name) == _ID_LENGTH and set(name) <= set("0123456789abcdef"):
        raise Invalid(f"invalid network name: {name}", hint="64 hexadecimal digits are an ID")


def _require_driver(driver: str) -> None:
    for name, known in PREDEFINED.items():
        if driver in (name, known) and known not in DRIVERS:
            raise Denied(f'only one instance of "{known}" network is allowed', hint=f"use --network {name}")
    if driver not in DRIVERS:
        from onggi.suggest import did_you_mean  # late: for a mistake only

        raise NotFound(
            f'plugin "{driver}" not found: there is no such network driver{did_you_mean(driver, DRIVERS)}',
            hint=f"drivers: {', '.join(DRIVERS)}",
        )


def _require_options(spec: NetworkSpec) -> None:
    """Options of Docker's that change what a network does are heeded, or refused by name; others are kept, as there."""
    checks = _CHECKS[spec.driver]
    for name, value in spec.options.items():
        check = checks.get(name)
        if check is not None:
            check(name, value)
        elif name.startswith(_OURS):
            from onggi.suggest import did_you_mean

            raise Unsupported(
                f"the option {name} is not there for networks of the driver {spec.driver}{did_you_mean(name, checks)}",
                hint=f"options: {', '.join(checks)}",
            )
    if spec.has_ipv6 and spec.options.get(MTU) and int(spec.options[MTU]) < _LEAST_MTU_OF_IPV6:
        raise Invalid(
            f"network {spec.name}: IPv6 needs an MTU of {_LEAST_MTU_OF_IPV6} or more, not {spec.options[MTU]}",
            hint="leave out --ipv6, or the option",
        )
    if spec.driver == "macvlan":
        _require_macvlan(spec)


def _require_macvlan(spec: NetworkSpec) -> None:
    parent = spec.options.get(PARENT)
    if not parent:
        raise Invalid(
            f"network {spec.name}: a macvlan needs a link of this host to be on", hint=f"name it with -o {PARENT}=eth0"
        )
    if parent == "lo":
        raise Invalid(f"network {spec.name}: lo is no link that a macvlan can be on", hint="`ip link` lists others")
    if spec.is_internal:
        raise Unsupported(
            f"network {spec.name} cannot be internal: a macvlan reaches all that its link reaches",
            hint="a network of the driver bridge can",
        )


def _check_link(name: str, value: str) -> None:
    if not _LINK.fullmatch(value) or value in (".", ".."):
        raise Invalid(
            f"{name}={value}: no link can be called so",
            hint=f"letters, digits, _ . and -; {_LONGEST_LINK} characters are the most",
        )


def _check_prefix(name: str, value: str) -> None:
    if not _LINK.fullmatch(f"{value}00") or value in ("", "lo"):  # a number comes behind it
        raise Invalid(
            f"{name}={value}: no prefix of interfaces",
            hint=f"letters, digits, _ . and -; {_LONGEST_LINK - 2} characters are the most",
        )


def _check_truth(name: str, value: str) -> None:
    if parse_bool(value) is None:
        raise Invalid(f"{name}={value}: neither true nor false")


def _check_address(name: str, value: str) -> None:
    if version(parse_address(value, name)) != 4:
        raise Invalid(f"{name}={value}: no address of IPv4")


def _check_mtu(name: str, value: str) -> None:
    if not (value.isascii() and value.isdigit() and 68 <= int(value) <= _MOST_MTU):  # RFC 791
        raise Invalid(f"{name}={value}: no MTU", hint=f"a number of bytes from 68 to {_MOST_MTU}")


def _check_mode(name: str, value: str) -> None:
    if value not in _MODES:
        raise Invalid(f"{name}={value}: no mode of macvlan", hint=f"modes: {', '.join(_MODES)}")


_CHECKS: Mapping[str, Mapping[str, Callable[[str, str], None]]] = {
    "bridge": {
        BRIDGE_NAME: _check_link,
        TALK: _check_truth,
        MASQUERADE: _check_truth,
        HOST_BINDING: _check_address,
        MTU: _check_mtu,
        INTERFACE_PREFIX: _check_prefix,
    },
    "macvlan": {PARENT: _check_link, MODE: _check_mode, MTU: _check_mtu, INTERFACE_PREFIX: _check_prefix},
}
"""Driver → its options, and what raises Invalid for a value that makes no sense."""


def overlapping(block: Block, networks: Iterable[Network]) -> Network | None:
    """The first network that has addresses of the block."""
    for network in networks:
        if any(do_overlap(block, subnet.block) for subnet in network.subnets):
            return network
    return None
