"""rtnetlink of our own, beside two that know it too: pyroute2 and ip(8)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink import nlmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from onggi.errors import Conflict, Corrupt, Denied, Invalid, NotFound, Unavailable, Unsupported
from onggi.linux.inside import Inside
from onggi.linux.netlink import Netlink, addresses, links, messages, routes, wire
from onggi.linux.netlink.tables import Tables

from .namespaces import Host, hosts

pytestmark = pytest.mark.kernel

KINDS = st.integers(0, 0x3FFF)
VALUES = st.binary(max_size=70)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Host, Host]]:
    with hosts(tmp_path, "one", "other") as (one, other):
        yield one, other


def ip(host: Host, *arguments: str) -> list[dict[str, Any]]:
    """What ip(8) says."""
    with Inside("network", host.namespace):
        done = subprocess.run(["ip", "-j", "-d", *arguments], capture_output=True, text=True, check=True)
    return [each for each in json.loads(done.stdout) if each]


# Packing and parsing.


@given(st.dictionaries(KINDS, VALUES, max_size=8))
def test_attributes_come_back(found: dict[int, bytes]) -> None:
    data = b"".join(messages.attribute(kind, value) for kind, value in found.items())
    assert len(data) % 4 == 0
    assert messages.attributes(data) == found


@given(st.dictionaries(KINDS, VALUES, max_size=4), KINDS)
def test_attributes_within_an_attribute_come_back(found: dict[int, bytes], kind: int) -> None:
    inner = (messages.attribute(each, value) for each, value in found.items())
    assert messages.attributes(messages.attributes(messages.nest(kind, *inner))[kind]) == found


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 2**32 - 1), VALUES)))
def test_messages_come_back(sent: list[tuple[int, int, int, bytes]]) -> None:
    data = b"".join(messages.message(*each) for each in sent)
    assert [(each.kind, each.flags, each.sequence, each.body) for each in messages.messages(data)] == sent


@given(st.binary(max_size=200))
def test_any_bytes_end_in_messages_or_in_corrupt(data: bytes) -> None:
    for parse in (messages.attributes, lambda data: list(messages.messages(data))):
        try:
            parse(data)
        except Corrupt as error:
            assert "netlink" in error.message


@given(st.integers(0, 2**32 - 1), st.text(st.characters(min_codepoint=1, codec="utf-8")))
def test_numbers_and_text_come_back(number: int, text: str) -> None:
    found = messages.attributes(messages.number(1, number) + messages.text(2, text))
    assert (messages.as_number(found[1]), messages.as_text(found[2])) == (number, text)


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_pyroute2_packs_a_link_alike(index: int, flags: int, mask: int) -> None:
    theirs = packed(ifinfmsg(), family=0, index=index, flags=flags, change=mask, attrs=[("IFLA_IFNAME", "eth0")])
    assert messages.LINK.pack(0, 0, index, flags, mask) + messages.text(3, "eth0") == theirs


@given(st.integers(0, 128), st.integers(0, 2**32 - 1))
def test_pyroute2_packs_an_address_and_a_route_alike(prefix: int, index: int) -> None:
    theirs = packed(ifaddrmsg(), family=2, prefixlen=prefix, index=index, attrs=[("IFA_ADDRESS", "10.88.0.2")])
    assert messages.ADDRESS.pack(2, prefix, 0, 0, index) + messages.attribute(1, bytes((10, 88, 0, 2))) == theirs
    fields = {"family": 2, "dst_len": prefix, "table": 254, "proto": 3, "scope": 253, "type": 1}
    theirs = packed(rtmsg(), **fields, attrs=[("RTA_OIF", index)])
    assert messages.ROUTE.pack(2, prefix, 0, 0, 254, 3, 253, 1, 0) + messages.number(4, index) == theirs


def packed(form: nlmsg, **fields: Any) -> bytes:
    """The body of a message as pyroute2 makes it."""
    for name, value in fields.items():
        form[name] = value
    form.encode()
    return bytes(form.data[16:])


# What the kernel makes of it.


def test_a_bridge(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    links.add_bridge(host.netlink, "ong-1", mac="02:42:0a:58:00:01", mtu=1400, group=7)
    found = links.find(host.netlink, "ong-1")
    assert found
    assert (found.name, found.kind, found.mac, found.mtu) == ("ong-1", "bridge", "02:42:0a:58:00:01", 1400)
    assert found.group == 7
    assert not found.is_up
    links.set_up(host.netlink, "ong-1")
    (theirs,) = ip(host, "link", "show", "ong-1")
    assert theirs["linkinfo"]["info_kind"] == "bridge"
    assert (theirs["ifindex"], theirs["address"], theirs["mtu"]) == (found.index, "02:42:0a:58:00:01", 1400)
    assert theirs["group"] == "7"
    assert "UP" in theirs["flags"]
    links.delete(host.netlink, "ong-1")
    assert links.find(host.netlink, "ong-1") is None


def test_a_veth_into_another_namespace_and_a_port_of_a_bridge(pair: tuple[Host, Host]) -> None:
    host, container = pair
    links.add_bridge(host.netlink, "ong-1")
    links.add_veth(host.netlink, "ov1", "eth0", container.namespace, mac="02:42:0a:58:00:02", mtu=1400)
    links.set_master(host.netlink, "ov1", "ong-1", is_isolated=True)
    links.set_up(host.netlink, "ov1")
    ours = {each.name: each for each in links.every(host.netlink)}
    assert (ours["ov1"].kind, ours["ov1"].master, ours["ov1"].is_up) == ("veth", ours["ong-1"].index, True)
    (port,) = ip(host, "link", "show", "ov1")
    assert (port["master"], port["linkinfo"]["info_slave_data"]["isolated"]) == ("ong-1", True)
    (inside,) = ip(container, "link", "show", "eth0")
    assert (inside["address"], inside["mtu"]) == ("02:42:0a:58:00:02", 1400)
    links.delete(container.netlink, "eth0")
    assert links.find(host.netlink, "ov1") is None


@pytest.mark.parametrize("mode", ["private", "vepa", "bridge", "passthru"])
def test_a_macvlan(pair: tuple[Host, Host], mode: str) -> None:
    host, container = pair
    links.add_veth(host.netlink, "wire", "end", container.namespace)
    links.add_macvlan(host.netlink, "eth0", "wire", container.namespace, mode=mode)
    (theirs,) = ip(container, "link", "show", "eth0")
    assert theirs["linkinfo"] == {"info_kind": "macvlan"} | {"info_data": theirs["linkinfo"]["info_data"]}
    assert theirs["linkinfo"]["info_data"]["mode"] == mode
    assert theirs["link_index"] == links.index(host.netlink, "wire")


def test_addresses_of_both_families(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    links.add_bridge(host.netlink, "ong-1")
    for address in ("10.88.0.1/16", "fd00:88::1/64", "192.0.2.1"):
        addresses.add(host.netlink, "ong-1", address)
    assert addresses.of(host.netlink, "ong-1") == ["10.88.0.1/16", "192.0.2.1/32", "fd00:88::1/64"]
    assert addresses.of(host.netlink, "lo") == ["127.0.0.1/8", "::1/128"]
    (theirs,) = ip(host, "address", "show", "dev", "ong-1")
    known = {each["local"]: each for each in theirs["addr_info"]}
    assert {local: each["prefixlen"] for local, each in known.items()} == {
        "10.88.0.1": 16,
        "192.0.2.1": 32,
        "fd00:88::1": 64,
    }
    assert known["10.88.0.1"]["broadcast"] == "10.88.255.255"
    assert known["fd00:88::1"]["nodad"] is True  # usable at once
    assert "tentative" not in known["fd00:88::1"]


def test_addresses_of_all_links(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    for name, address in (("ong-1", "10.88.0.1/16"), ("ong-2", "fd00:88::1/64")):
        links.add_bridge(host.netlink, name)
        addresses.add(host.netlink, name, address)
    names = {link.index: link.name for link in links.every(host.netlink)}
    assert sorted((names[index], address) for index, address in addresses.every(host.netlink)) == [
        ("lo", "127.0.0.1/8"),
        ("lo", "::1/128"),
        ("ong-1", "10.88.0.1/16"),
        ("ong-2", "fd00:88::1/64"),
    ]


def test_tables_of_nftables(pair: tuple[Host, Host]) -> None:
    host, other = pair
    host.run("nft", "add table inet a; add table ip6 b", check=True)
    with host.inside(), Tables() as tables:
        found = [(family, name) for family in ("inet", "ip", "ip6") for name in "ab" if tables.has(family, name)]
        assert found == [("inet", "a"), ("ip6", "b")]
    with other.inside(), Tables() as tables:
        assert not tables.has("inet", "a")


def test_a_namespace_that_never_had_a_route() -> None:
    script = "from onggi.linux.netlink import Netlink, routes; print(routes.of(Netlink()))"
    done = subprocess.run(["unshare", "--net", sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_routes_of_both_families(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    links.add_bridge(host.netlink, "ong-1")
    links.set_up(host.netlink, "ong-1")
    for address in ("10.88.0.2/16", "fd00:88::2/64"):
        addresses.add(host.netlink, "ong-1", address)
    routes.replace(host.netlink, "ong-1", "0.0.0.0/0", "10.88.0.1")
    routes.replace(host.netlink, "ong-1", "192.0.2.0/24")
    routes.replace(host.netlink, "ong-1", "::/0", "fd00:88::1")
    which = links.index(host.netlink, "ong-1")
    found = {(each.destination, each.gateway) for each in routes.of(host.netlink) if each.link == which}
    assert found == {("0.0.0.0/0", "10.88.0.1"), ("10.88.0.0/16", ""), ("192.0.2.0/24", "")}
    (default,) = (each for each in routes.of(host.netlink, 10) if each.destination == "::/0")
    assert (default.gateway, default.link) == ("fd00:88::1", which)
    theirs = {each["dst"]: each for each in ip(host, "route", "show") + ip(host, "-6", "route", "show")}
    assert theirs["192.0.2.0/24"]["scope"] == "link"
    assert theirs["default"]["gateway"] == "fd00:88::1"


def test_packets_of_loopback_can_be_let_onto_one_link(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    for name in ("ong-1", "ong-2"):
        links.add_bridge(host.netlink, name)
    links.route_loopback(host.netlink, "ong-1")
    with Inside("network", host.namespace):
        said = {name: Path(f"/proc/sys/net/ipv4/conf/{name}/route_localnet").read_text() for name in ("ong-1", "ong-2")}
    assert said == {"ong-1": "1\n", "ong-2": "0\n"}


def test_a_list_longer_than_one_answer(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    names = {f"ong-{number}" for number in range(60)}
    for name in names:
        links.add_bridge(host.netlink, name)
    assert {each.name for each in links.every(host.netlink)} == names | {"lo"}


def test_what_is_left_of_an_answer_is_not_the_next_one(pair: tuple[Host, Host]) -> None:
    one, _ = pair
    for number in range(300):
        links.add_bridge(one.netlink, f"many{number}")
    link = messages.LINK.pack(0, 0, 0, 0, 0)
    with one.inside(), Netlink() as netlink:
        netlink._socket.send(messages.message(18, wire.REQUEST | wire.DUMP, netlink._sequence, link))
        netlink._socket.recv(1 << 16)
        found = links.find(netlink, "many7")
        assert found and found.name == "many7"


def test_a_socket_that_fails_is_an_error_of_ours(pair: tuple[Host, Host]) -> None:
    one, _ = pair
    with one.inside(), Netlink() as netlink:
        netlink.close()
        with pytest.raises(Unavailable, match="Bad file descriptor"):
            links.find(netlink, "lo")


def test_what_is_refused_names_the_thing(pair: tuple[Host, Host]) -> None:
    host, container = pair
    netlink = host.netlink
    links.add_bridge(netlink, "ong-1")
    with pytest.raises(Conflict, match=r"^cannot make the bridge ong-1: there is one already$"):
        links.add_bridge(netlink, "ong-1")
    with pytest.raises(Conflict, match=r"^cannot make the pair of links ong-1 and eth0: there is one already$"):
        links.add_veth(netlink, "ong-1", "eth0", container.namespace)
    with pytest.raises(NotFound, match=r"^cannot delete the link ong-2: there is no such link$"):
        links.delete(netlink, "ong-2")
    with pytest.raises(NotFound, match=r"^cannot find the link ong-2: "):
        links.set_master(netlink, "ong-1", "ong-2")
    with pytest.raises(Unsupported, match=r"^cannot make ong-1 a port of lo: "):
        links.set_master(netlink, "ong-1", "lo")
    with pytest.raises(Invalid, match=r"^cannot make the bridge a-name-of-sixteen: .* out of range"):
        links.add_bridge(netlink, "a-name-of-sixteen")
    addresses.add(netlink, "ong-1", "10.88.0.1/16")
    with pytest.raises(Conflict, match=r"^cannot give ong-1 the address 10.88.0.1/16: there is one already"):
        addresses.add(netlink, "ong-1", "10.88.0.1/16")
    with pytest.raises(NotFound, match=r"^cannot find the link ong-2: "):
        addresses.add(netlink, "ong-2", "10.88.0.1/16")
    links.set_up(netlink, "ong-1")
    with pytest.raises(Invalid, match=r"^cannot add the route to 0.0.0.0/0 on ong-1 through 192.0.2.1: its gateway"):
        routes.replace(netlink, "ong-1", "0.0.0.0/0", "192.0.2.1")


def test_ipv6_that_is_off(pair: tuple[Host, Host]) -> None:
    host, _ = pair
    links.add_bridge(host.netlink, "ong-1")
    with Inside("network", host.namespace):
        Path("/proc/sys/net/ipv6/conf/ong-1/disable_ipv6").write_text("1")
    with pytest.raises(Denied, match=r"^cannot give ong-1 the address fd00::1/64: ") as raised:
        addresses.add(host.netlink, "ong-1", "fd00::1/64")
    assert "IPv6" in raised.value.hint


@pytest.mark.parametrize("text", ["", "10.88.0", "10.88.0.1/33", "fd00::1/129", "10.88.0.1/-1", "10.88.0.1/x", "x:y"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(Invalid):
        addresses.parse(text)


def test_nothing_slow_is_imported() -> None:
    script = "import sys; import onggi.linux.netlink.routes; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"asyncio", "ipaddress", "msgspec", "pyroute2", "socket", "subprocess"} & set(done.stdout.split())
