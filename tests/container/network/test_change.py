"""What becomes of a container that runs when it comes into a network, or leaves one."""

from __future__ import annotations

from msgspec.structs import replace

from onggi.container.network import pool
from onggi.container.network.attachment import Endpoint
from onggi.container.network.change import Change, change, edited_hosts
from onggi.container.network.network import PARENT, Network, Subnet
from onggi.container.network.plan import Address, Macvlan, Names, NetPlan, Route, Up, Veth, plan

WEB = Network(id="1" * 64, created=0, name="web", subnets=(Subnet("10.88.0.0/16", "10.88.0.1"),))
DB = Network(id="2" * 64, created=0, name="db", subnets=(Subnet("10.89.0.0/16", "10.89.0.1"),))
INNER = replace(WEB, id="3" * 64, name="inner", subnets=(Subnet("10.90.0.0/16", "10.90.0.1"),), is_internal=True)
LAN = replace(WEB, id="4" * 64, name="lan", driver="macvlan", options={PARENT: "eth7"})


def planned(*networks: Network, first: int = 0) -> NetPlan:
    """Of a container whose interfaces begin with that number."""
    endpoints = []
    for position, network in enumerate(networks, start=first):
        address = pool.choose_address(network, 4, ())
        endpoints.append(
            Endpoint(container="c" * 64, network=network.id, position=position, ipv4=address, mac=pool.mac(address))
        )
    return plan(networks, endpoints, Names(host="shop"))


def test_nothing() -> None:
    assert change(planned(WEB), planned(WEB)) == Change((), (), ())


def test_the_way_out_leads_through_the_new_one_if_its_name_comes_first() -> None:
    found = change(planned(WEB), planned(WEB, DB))
    link, *rest = found.joined
    assert isinstance(link, Veth) and link.link == "eth1"
    assert rest == [Address("eth1", "10.89.0.2/16"), Up("eth1")]
    assert found.routes == (Route("eth1", "0.0.0.0/0", "10.89.0.1"),)
    assert not found.left


def test_it_stays_where_it_is_for_an_internal_one() -> None:
    assert change(planned(WEB), planned(WEB, INNER)).routes == ()


def test_the_other_way_round() -> None:
    found = change(planned(WEB, DB), planned(WEB))
    assert not found.joined
    assert found.routes == (Route("eth0", "0.0.0.0/0", "10.88.0.1"),)
    assert [link.link for link in found.left] == ["eth1"]


def test_the_last_takes_its_route_with_it() -> None:
    found = change(planned(WEB), planned())
    assert (found.joined, found.routes) == ((), ())
    assert [link.link for link in found.left] == ["eth0"]


def test_a_gap_stays_while_it_runs() -> None:
    assert change(planned(WEB, INNER), planned(INNER, first=1)).joined == ()


def test_a_macvlan() -> None:
    (link,) = change(planned(WEB, LAN), planned(WEB)).left
    assert isinstance(link, Macvlan) and link.link == "eth1"


def test_lines_of_hosts() -> None:
    text = "127.0.0.1\tlocalhost\n10.88.0.2\tshop\n192.0.2.1\tprinter\n"
    both = edited_hosts(text, planned(WEB), planned(WEB, DB))
    assert both == f"{text}10.89.0.2\tshop\n"
    assert edited_hosts(both, planned(WEB, DB), planned(WEB)) == text
    assert edited_hosts("# empty\n", planned(WEB), planned(DB)) == "# empty\n10.89.0.2\tshop\n"
