"""What a container asks of a network."""

from __future__ import annotations

import pytest

from onggi.container.network.attachment import Endpoint, parse, parse_mac
from onggi.container.spec import Attachment
from onggi.errors import Invalid, OnggiError, Unsupported


def test_a_name_or_fields() -> None:
    assert parse("shop") == Attachment(network="shop")
    addresses = "ip=10.88.0.7,ip6=fd00:0::7,mac-address=02-42-0A-58-00-07"
    assert parse(f"name=shop,alias=db,alias=cache,alias=db,{addresses},gw-priority=-3") == Attachment(
        network="shop",
        aliases=("db", "cache"),
        ipv4="10.88.0.7",
        ipv6="fd00::7",
        mac="02:42:0a:58:00:07",
        priority=-3,
    )


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("alias=db", Invalid, "network name is not specified"),
        ("name=shop,colour=red", Invalid, "invalid field colour=red"),
        ("name=shop,alias", Invalid, "invalid field alias"),
        ("name=shop,driver-opt=a=b", Unsupported, "driver-opt is not there"),
        ("name=shop,alias=a b", Invalid, "invalid network alias"),
        ("name=shop,ip=fd00::1", Invalid, "fd00::1 is no address of IPv4"),
        ("name=shop,ip6=10.0.0.1", Invalid, "10.0.0.1 is no address of IPv6"),
        ("name=shop,ip=10.0.0", Invalid, "is no IP address"),
        ("name=shop,gw-priority=high", Invalid, "invalid gw-priority"),
    ],
)
def test_what_cannot_be(text: str, kind: type[OnggiError], words: str) -> None:
    with pytest.raises(kind, match=words):
        parse(text)


@pytest.mark.parametrize("text", ["", "02:42", "02:42:0a:58:00:0g", "03:42:0a:58:00:02", "00:00:00:00:00:00"])
def test_mac_addresses_that_no_link_can_have(text: str) -> None:
    with pytest.raises(Invalid, match="is not a valid mac address"):
        parse_mac(text)


def test_addresses_of_an_endpoint() -> None:
    assert Endpoint(container="c", network="n", ipv6="fd00::2").addresses == ("fd00::2",)
    assert Endpoint(container="c", network="n").addresses == ()
