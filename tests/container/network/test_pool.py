"""Subnets and addresses that are chosen: never two alike, never outside."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from onggi.container.network import pool
from onggi.container.network.network import Block, Network, NetworkSpec, Subnet
from onggi.errors import Conflict, Invalid, Unavailable

SHOP = NetworkSpec(name="shop")
IDS = st.integers(0, (1 << 256) - 1).map(lambda number: f"{number:064x}")
SUBNETS = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(8, 30)), st.tuples(st.ip_addresses(v=6), st.integers(16, 126))
).map(lambda pair: ip_network(pair, strict=False))


def complete(spec: NetworkSpec, *others: Network, id: str = "ab" * 32, routes: tuple[str, ...] = ()) -> Network:
    return pool.complete(spec, id, 0.0, others, lambda: routes)


def network(*subnets: Subnet) -> Network:
    has_ipv6 = any(":" in subnet.network for subnet in subnets)
    return complete(replace(SHOP, subnets=subnets, has_ipv6=has_ipv6))


def test_dockers_pools_in_their_order() -> None:
    found: list[Network] = []
    for number in range(31):
        found.append(complete(replace(SHOP, name=f"n{number}"), *found))
    assert [each.subnets[0].network for each in found] == [
        *(f"172.{number}.0.0/16" for number in range(17, 32)),
        *(f"192.168.{number}.0/20" for number in range(0, 256, 16)),
    ]
    with pytest.raises(Unavailable, match="fully subnetted"):
        complete(SHOP, *found)


@given(st.lists(IDS, unique=True, min_size=1, max_size=20), st.lists(SUBNETS.map(str), max_size=5))
def test_no_two_overlap_and_none_what_the_host_reaches(ids: list[str], routes: list[str]) -> None:
    found: list[Network] = []
    for each in ids:
        try:
            spec = replace(SHOP, has_ipv6=True)
            found.append(complete(spec, *found, id=each, routes=(*routes, "0.0.0.0/0", "::/0")))
        except Unavailable:
            break
    blocks = [subnet.block for each in found for subnet in each.subnets]
    for place, block in enumerate(blocks):
        for other in (*blocks[:place], *map(ip_network, routes)):
            assert block.version != other.version or not block.overlaps(other)


@given(SUBNETS, st.data())
def test_no_two_addresses_are_alike_and_none_is_outside(block: Block, data: st.DataObject) -> None:
    numbers = st.integers(int(block.network_address), int(block.broadcast_address))
    part = type(block)((data.draw(numbers), data.draw(st.integers(block.prefixlen, block.max_prefixlen))), strict=False)
    kept = str(type(block.network_address)(data.draw(numbers)))
    subnet = Subnet(str(block), range=str(part), reserved={"kept": kept})
    shop = complete(replace(SHOP, subnets=(subnet,), has_ipv4=block.version == 4, has_ipv6=block.version == 6))
    taken: list[str] = []
    for _ in range(8):
        try:
            taken.append(pool.choose_address(shop, block.version, taken))
        except Unavailable:
            edges = {str(block.network_address), str(block.broadcast_address)}
            assert part.num_addresses <= 16
            assert {str(address) for address in part} <= {*taken, *edges, shop.subnets[0].gateway, kept}
            break
    assert len(set(taken)) == len(taken)
    for address in taken:
        assert ip_address(address) in part
        assert ip_address(address) != block.network_address
        assert block.version == 6 or ip_address(address) != block.broadcast_address
        assert address not in (shop.subnets[0].gateway, kept)
        assert ip_network(pool.with_prefix(shop, address), strict=False) == block


def test_a_gateway_is_the_first_address_that_nothing_is_kept_for() -> None:
    assert network(Subnet("10.88.0.0/16")).subnets[0].gateway == "10.88.0.1"
    assert network(Subnet("10.88.0.0/16", reserved={"a": "10.88.0.1"})).subnets[0].gateway == "10.88.0.2"
    assert network(Subnet("10.88.0.0/16", range="10.88.5.0/24")).subnets[0].gateway == "10.88.0.1"
    assert network(Subnet("10.88.0.0/16", "10.88.0.9")).subnets[0].gateway == "10.88.0.9"
    assert complete(replace(SHOP, has_ipv6=True)).subnets[1] == Subnet(
        "fdab:abab:abab::/64", "fdab:abab:abab::1", is_ours=True
    )


def test_an_address_that_is_wanted() -> None:
    shop = network(Subnet("10.88.0.0/16", range="10.88.5.0/24", reserved={"a": "10.88.0.2"}), Subnet("fd00::/64"))
    assert pool.choose_address(shop, 4, (), "10.88.200.7") == "10.88.200.7", "outside the range, as Docker"
    assert pool.choose_address(shop, 6, (), "fd00:0::7") == "fd00::7"
    for taken in ("10.88.0.1", "10.88.0.2", "10.88.0.3"):
        with pytest.raises(Conflict, match=f"Address already in use: {taken}"):
            pool.choose_address(shop, 4, {"10.88.0.3"}, taken)
    with pytest.raises(Invalid, match=r"no configured subnet contains IP address 10\.89\.0\.1"):
        pool.choose_address(shop, 4, (), "10.89.0.1")
    with pytest.raises(Invalid, match="stands for the whole subnet"):
        pool.choose_address(shop, 4, (), "10.88.255.255")


def test_how_many_addresses_are_gone_and_left() -> None:
    whole = network(Subnet("10.88.0.0/29", reserved={"a": "10.88.0.2"})).subnets[0]
    assert pool.count(whole, ()) == (4, 4), "its ends, the gateway, and what is kept"
    assert pool.count(whole, ("10.88.0.3", "10.89.0.3", "fd00::3")) == (5, 3)
    ranged = network(Subnet("10.88.0.0/16", range="10.88.5.0/30")).subnets[0]
    assert pool.count(ranged, ("10.88.5.1", "10.88.7.1")) == (5, 3)
    assert pool.count(network(Subnet("fd00::/64")).subnets[0], ()) == (2, 2**64 - 2)


def test_several_subnets_one_after_the_other() -> None:
    shop = network(Subnet("10.88.0.0/30"), Subnet("10.89.0.0/30"))
    assert pool.choose_address(shop, 4, ()) == "10.88.0.2"
    assert pool.choose_address(shop, 4, ("10.88.0.2",)) == "10.89.0.2"


def test_what_others_have() -> None:
    db = complete(
        NetworkSpec(name="db", subnets=(Subnet("10.88.0.0/16"),), options={"com.docker.network.bridge.name": "b0"})
    )
    with pytest.raises(
        Conflict, match=r"Pool overlaps .* 10\.88\.4\.0/24 and the network db, which has 10\.88\.0\.0/16"
    ):
        complete(replace(SHOP, subnets=(Subnet("10.88.4.0/24"),)), db)
    with pytest.raises(Conflict, match="the network db has the bridge b0 already"):
        complete(replace(SHOP, options={"com.docker.network.bridge.name": "b0"}), db)
    assert complete(replace(SHOP, subnets=(Subnet("10.0.0.0/24"),)), db, routes=("10.0.0.0/8",)).subnets


def test_mac_addresses() -> None:
    assert pool.mac("172.17.0.2") == "02:42:ac:11:00:02"
    assert pool.mac("fd00::1:2") == "02:42:00:01:00:02"


def test_a_mac_address_that_somebody_has_asked_for() -> None:
    assert pool.choose_mac(complete(SHOP), "10.88.0.2", ()) == "02:42:0a:58:00:02"
    assert pool.choose_mac(complete(SHOP), "10.88.0.2", {"02:42:0a:58:00:02"}) == "02:43:0a:58:00:02"
    assert pool.choose_mac(complete(SHOP), "10.88.0.2", (), "06:00:00:00:00:01") == "06:00:00:00:00:01"
    with pytest.raises(Conflict, match="the MAC address 06:00:00:00:00:01 is taken in the network shop"):
        pool.choose_mac(complete(SHOP), "10.88.0.2", {"06:00:00:00:00:01"}, "06:00:00:00:00:01")


@given(st.lists(st.ip_addresses(v=4).map(str), unique=True))
def test_mac_addresses_differ_where_addresses_do(addresses: list[str]) -> None:
    assert len({pool.mac(address) for address in addresses}) == len(addresses)
