"""Networks as they are asked for: subnets put together, options, and what cannot be."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from onggi.container.network.network import Network, NetworkSpec, Subnet, gather, require_valid
from onggi.errors import Denied, Invalid, NotFound, OnggiError, Unsupported

SHOP = NetworkSpec(name="shop")


def test_each_beside_its_subnet() -> None:
    found = gather(
        ["10.88.0.0/16", "fd00:88::/64"],
        ["fd00:88::100/120", "10.88.5.0/24"],
        ["fd00:88:0::1"],
        {"printer": "10.88.5.1", "door": "10.88.5.2"},
    )
    assert found == (
        Subnet("10.88.0.0/16", "", "10.88.5.0/24", {"printer": "10.88.5.1", "door": "10.88.5.2"}),
        Subnet("fd00:88::/64", "fd00:88::1", "fd00:88::100/120"),
    )
    assert gather([], [], [], {}) == ()


@pytest.mark.parametrize(
    ("subnets", "ranges", "gateways", "reserved", "words"),
    [
        ([], ["10.0.0.0/24"], [], {}, "every ip-range or gateway must have a corresponding subnet"),
        ([], [], ["10.0.0.1"], {}, "every ip-range or gateway must have a corresponding subnet"),
        ([], [], [], {"10.0.0.1": ""}, "invalid aux-address: '10.0.0.1'"),
        ([], [], [], {"a": "10.0.0.1"}, "no matching subnet for aux-address 10.0.0.1"),
        (["10.0.0.0/16", "10.0.1.0/24"], [], [], {}, "multiple overlapping subnet configuration is not supported"),
        (["10.0.0.0/16"], ["10.1.0.0/24"], [], {}, "no matching subnet for range 10.1.0.0/24"),
        (["10.0.0.0/16"], ["10.0.0.0/8"], [], {}, "no matching subnet for range 10.0.0.0/8"),
        (["10.0.0.0/16"], [], ["10.1.0.1"], {}, "no matching subnet for gateway 10.1.0.1"),
        (["10.0.0.0/16"], [], ["fd00::1"], {}, "no matching subnet for gateway fd00::1"),
        (["10.0.0.0/16"], [], ["10.0.0.0"], {}, "stands for the whole subnet"),
        (["10.0.0.0/16"], [], ["10.0.255.255"], {}, "stands for the whole subnet"),
        (["10.0.0.0/16"], [], ["10.0.0.1"], {"a": "10.0.0.1"}, "is the gateway of the subnet"),
        (["10.0.0.0/16", "10.1.0.0/16"], [], ["10.0.0.1", "10.0.0.2"], {}, "cannot configure multiple gateways"),
        (
            ["10.0.0.0/16", "10.1.0.0/16"],
            ["10.0.1.0/24", "10.0.2.0/24"],
            [],
            {},
            r"cannot configure multiple ranges \(10.0.1.0/24, 10.0.2.0/24\) on the same subnet \(10.0.0.0/16\)",
        ),
        (["10.0.0.1/16"], [], [], {}, "invalid subnet 10.0.0.1/16: it should be 10.0.0.0/16"),
        (["10.0.0.0/31"], [], [], {}, "no room for a gateway and a container"),
        (["fd00::/127"], [], [], {}, "no room for a gateway and a container"),
        (["10.0.0.0/33"], [], [], {}, "invalid CIDR block notation"),
        (["10.0.0.0"], [], [], {}, "invalid subnet 10.0.0.0: invalid CIDR block notation"),
        (["web"], [], [], {}, "invalid subnet web"),
        (["10.0.0.0/16"], [], ["10.0.0"], {}, "'10.0.0' is no IP address"),
    ],
)
def test_subnets_that_cannot_be(
    subnets: list[str], ranges: list[str], gateways: list[str], reserved: dict[str, str], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        gather(subnets, ranges, gateways, reserved)


@pytest.mark.parametrize(
    ("spec", "kind", "words"),
    [
        ({"name": "bridge"}, Denied, "operation is not permitted on predefined bridge network"),
        ({"name": "default"}, Denied, "operation is not permitted on predefined default network"),
        ({"name": ""}, Invalid, "invalid network name"),
        ({"name": "-shop"}, Invalid, "invalid network name"),
        ({"name": "a/b"}, Invalid, "invalid network name"),
        ({"name": "a" * 201}, Invalid, "invalid network name"),
        ({"name": "0" * 64}, Invalid, "invalid network name"),
        ({"driver": "host"}, Denied, 'only one instance of "host" network is allowed'),
        ({"driver": "none"}, Denied, 'only one instance of "null" network is allowed'),
        ({"driver": "overlay"}, NotFound, 'plugin "overlay" not found'),
        ({"driver": "brigde"}, NotFound, "did you mean bridge"),
        ({"driver": "macvlan"}, Invalid, "needs a link of this host"),
        ({"has_ipv4": False}, Invalid, "IPv4 or IPv6 must be enabled"),
        ({"subnets": (Subnet("fd00::/64"),)}, Invalid, "is of IPv6, which the network shop does not have"),
        ({"subnets": (Subnet("10.0.0.0/8"),), "has_ipv4": False, "has_ipv6": True}, Invalid, "is of IPv4"),
    ],
)
def test_what_cannot_be(spec: dict[str, object], kind: type[OnggiError], words: str) -> None:
    with pytest.raises(kind, match=words):
        require_valid(replace(SHOP, **spec))


@pytest.mark.parametrize(
    ("subnet", "words"),
    [
        ("0.0.0.0/0", "0.0.0.0/8 means this host"),
        ("0.4.0.0/16", "0.0.0.0/8 means this host"),
        ("127.9.0.0/24", "127.0.0.0/8 is the loopback"),
        ("169.254.7.0/24", "169.254.0.0/16 is of links alone"),
        ("224.0.0.0/24", "224.0.0.0/4 is for multicast"),
        ("255.255.255.0/24", "255.255.255.255/32 is for broadcasts"),
        ("::/64", "::/127 means this host"),
        ("::ffff:0:0/96", "stands for addresses of IPv4"),
        ("fe80::/64", "fe80::/10 is of links alone"),
        ("ff02::/64", "ff00::/8 is for multicast"),
    ],
)
def test_subnets_that_no_container_can_be_in(subnet: str, words: str) -> None:
    with pytest.raises(Invalid, match=f"the subnet {subnet} cannot be: .*{words}"):
        require_valid(replace(SHOP, has_ipv6=True, subnets=(Subnet(subnet),)))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("com.docker.network.bridge.name", "a-name-too-long0"),
        ("com.docker.network.bridge.name", "a/b"),
        ("com.docker.network.bridge.enable_icc", "maybe"),
        ("com.docker.network.bridge.enable_ip_masquerade", ""),
        ("com.docker.network.bridge.host_binding_ipv4", "::1"),
        ("com.docker.network.bridge.host_binding_ipv4", "here"),
        ("com.docker.network.driver.mtu", "67"),
        ("com.docker.network.driver.mtu", "a lot"),
        ("com.docker.network.container_iface_prefix", "much-too-long0"),
    ],
)
def test_options_that_make_no_sense(option: str, value: str) -> None:
    with pytest.raises(Invalid, match=option):
        require_valid(replace(SHOP, options={option: value}))


def test_ipv6_needs_some_room() -> None:
    for mtu, has_ipv6 in (("1279", False), ("1280", True)):
        require_valid(replace(SHOP, has_ipv6=has_ipv6, options={"com.docker.network.driver.mtu": mtu}))
    with pytest.raises(Invalid, match="IPv6 needs an MTU of 1280 or more, not 1279"):
        require_valid(replace(SHOP, has_ipv6=True, options={"com.docker.network.driver.mtu": "1279"}))


def test_what_a_macvlan_is_not() -> None:
    lan = replace(SHOP, driver="macvlan", options={"parent": "eth0"})
    require_valid(lan)
    with pytest.raises(Unsupported, match="cannot be internal"):
        require_valid(replace(lan, is_internal=True))
    for options in ({}, {"parent": "lo"}):
        with pytest.raises(Invalid, match="a macvlan"):
            require_valid(replace(lan, options=options))


def test_options_of_dockers_that_are_not_there_are_refused_and_others_kept() -> None:
    with pytest.raises(Unsupported, match="gateway_mode_ipv4 is not there"):
        require_valid(replace(SHOP, options={"com.docker.network.bridge.gateway_mode_ipv4": "routed"}))
    with pytest.raises(Unsupported, match=r"did you mean com\.docker\.network\.bridge\.enable_icc"):
        require_valid(replace(SHOP, options={"com.docker.network.bridge.enable_ic": "false"}))
    require_valid(replace(SHOP, options={"org.example.colour": "red"}))


def test_what_options_say() -> None:
    plain = Network(id="0123456789abcdef" * 4, created=0, name="shop")
    assert plain.bridge == "ong-0123456789a" and len(plain.bridge) == 15
    assert (plain.has_talk, plain.is_masqueraded, plain.mtu, plain.interface_prefix) == (True, True, 0, "eth")
    options = {
        "com.docker.network.bridge.name": "shop0",
        "com.docker.network.bridge.enable_icc": "false",
        "com.docker.network.bridge.enable_ip_masquerade": "0",
        "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1",
        "com.docker.network.driver.mtu": "1400",
        "com.docker.network.container_iface_prefix": "lan",
    }
    own = replace(plain, options=options)
    require_valid(own)
    assert (own.bridge, own.has_talk, own.is_masqueraded, own.mtu) == ("shop0", False, False, 1400)
    assert (own.host_binding, own.interface_prefix) == ("127.0.0.1", "lan")
    assert not replace(plain, is_internal=True).is_masqueraded
