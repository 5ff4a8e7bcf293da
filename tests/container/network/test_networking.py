"""What is asked of networks: checked and made whole, whoever asks."""

from __future__ import annotations

import pytest

from onggi.container.network.networking import complete, is_own
from onggi.container.network.port import PortBinding
from onggi.container.spec import Attachment, Dns, Networking
from onggi.errors import Invalid, OnggiError, Unsupported

SHOP = Attachment(network="shop")
DB = Attachment(network="db")


def made(*exposed: str, **fields: object) -> Networking:
    return complete(Networking(**fields), exposed=exposed)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["none", "host", "container:web"])
def test_who_names_no_network_is_in_none(mode: str) -> None:
    assert made(mode=mode) == Networking(mode=mode)
    assert not is_own(mode)


def test_who_names_a_network_is_in_it() -> None:
    assert made(mode="shop") == Networking(mode="shop", attachments=(SHOP,))
    assert made(attachments=(SHOP, DB)) == Networking(mode="shop", attachments=(SHOP, DB))
    assert made(mode="db", attachments=(SHOP, DB)) == Networking(mode="shop", attachments=(SHOP, DB))
    assert made(mode="db", attachments=(SHOP,)) == Networking(mode="db", attachments=(DB, SHOP))


def test_default_is_another_name_of_bridge() -> None:
    bridge = Attachment(network="bridge")
    assert made(mode="default") == Networking(mode="bridge", attachments=(bridge,))
    assert made(mode="default", attachments=(Attachment(network="default", mac="02-42-0A-00-00-01"),)) == Networking(
        mode="bridge", attachments=(Attachment(network="bridge", mac="02:42:0a:00:00:01"),)
    )
    with pytest.raises(Invalid, match='network "bridge" is specified multiple times'):
        made(attachments=(Attachment(network="default"), bridge))


def test_all_is_written_in_one_way() -> None:
    found = made(
        mode="shop",
        attachments=(Attachment(network="shop", aliases=("a", "a"), ipv6="fd00:0:0::7"),),
        ports=(PortBinding(80, "TCP", "0:0::1", 8080, 8080), PortBinding(80, "tcp", "::1", 8080)),
        dns=Dns(servers=(" fd00:0::53",), search=(" example.org ", "."), options=("ndots:2",)),
    )
    assert found == Networking(
        mode="shop",
        attachments=(Attachment(network="shop", aliases=("a",), ipv6="fd00::7"),),
        ports=(PortBinding(80, "tcp", "::1", 8080),),
        dns=Dns(servers=("fd00::53",), search=("example.org", "."), options=("ndots:2",)),
    )
    assert complete(found, exposed=()) == found


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"mode": ""}, Invalid, "no name set for network"),
        ({"mode": "container:"}, Invalid, "invalid container format container:<name|id>"),
        ({"attachments": (SHOP, DB, SHOP)}, Invalid, 'network "shop" is specified multiple times'),
        ({"mode": "host", "attachments": (SHOP,)}, Invalid, "cannot attach both user-defined and non-user-defined"),
        ({"attachments": (SHOP, Attachment(network="none"))}, Invalid, "cannot attach both user-defined"),
        ({"attachments": (SHOP, Attachment(network="container:web"))}, Invalid, "cannot attach both user-defined"),
        (
            {"attachments": (Attachment(network="host", mac="02:42:0a:00:00:01"),)},
            Invalid,
            "mac-address and the network",
        ),
        ({"attachments": (Attachment(network="none", ipv4="10.0.0.7"),)}, Invalid, "on user defined networks only"),
        ({"attachments": (Attachment(network="container:web", aliases=("x",)),)}, Invalid, "network-scoped alias is"),
        ({"attachments": (Attachment(network="shop", ipv4="10.0.0"),)}, Invalid, "is no IP address"),
        ({"attachments": (Attachment(network="shop", aliases=("a b",)),)}, Invalid, "invalid network alias: 'a b'"),
        ({"ports": (PortBinding(70000),)}, Invalid, "invalid containerPort: 70000"),
        ({"ports": (PortBinding(0),)}, Invalid, "invalid containerPort: 0"),
        ({"ports": (PortBinding(80, host_port=70000),)}, Invalid, "invalid hostPort: 70000"),
        ({"ports": (PortBinding(80, host_ip="10.0.0.300"),)}, Invalid, "invalid IP address: 10.0.0.300"),
        ({"ports": (PortBinding(80, "icmp"),)}, Invalid, "invalid proto: icmp"),
        ({"ports": (PortBinding(80, "sctp"),)}, Unsupported, "80/sctp can not be published: onggi relays tcp and udp"),
        (
            {"ports": (PortBinding(80, host_port=1), PortBinding(81, host_port=1))},
            Invalid,
            "two ports want the same one",
        ),
        ({"dns": Dns(servers=("dns.example.org",))}, Invalid, "IP address is not correctly formatted: dns.example.org"),
        ({"dns": Dns(search=("a b",))}, Invalid, "'a b' is not a valid domain"),
        ({"dns": Dns(search=("12.34",))}, Invalid, "'12.34' is not a valid domain"),
        ({"dns": Dns(search=("",))}, Invalid, "'' is not a valid domain"),
        ({"dns": Dns(options=("a\nnameserver 1.1.1.1",))}, Invalid, "invalid DNS option"),
    ],
)
def test_what_cannot_be(fields: dict[str, object], kind: type[OnggiError], words: str) -> None:
    with pytest.raises(kind, match=words.replace("|", r"\|")):
        made(**fields)


def test_all_that_is_exposed_can_be_published_or_it_is_said() -> None:
    assert made("80/tcp", "53/udp", mode="shop", publishes_all=True).publishes_all
    made("132/sctp", mode="shop")
    with pytest.raises(Unsupported, match="132/sctp can not be published"):
        made("80/tcp", "132/sctp", mode="shop", publishes_all=True)
