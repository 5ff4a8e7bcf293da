"""The rules of networks, on a host with three networks and another host behind a cable: all of them namespaces."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.waiting import eventually

from onggi.container.network import rules
from onggi.container.network.rules import Firewall, Publication
from onggi.errors import Conflict, NotFound, Unavailable, Unsupported
from onggi.linux import nft
from onggi.linux.netlink import addresses, links, routes
from onggi.linux.netlink.tables import Tables

from .namespaces import Host, Service, connect, hosts, is_out_of_reach, seen_as

pytestmark = pytest.mark.kernel

UDP = socket.SOCK_DGRAM
FRONT = Firewall("0" * 12, "shop0", ("10.88.1.0/24",), ("fd00:88:1::/64",))
BACK = Firewall("1" * 12, "ong-back", ("10.88.2.0/24",), ("fd00:88:2::/64",))
INNER = Firewall("2" * 12, "ong-inner", ("10.88.3.0/24",), ("fd00:88:3::/64",), is_internal=True)
NETWORKS = (FRONT, BACK, INNER)
HOST, HOST6, FAR, FAR6 = "192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"
OWN_RULES = """
table inet own {
    chain input {
        type filter hook input priority filter; policy accept;
        tcp dport 9 counter drop
    }
    chain forward {
        type filter hook forward priority filter; policy accept;
        counter
    }
}
table ip nat {
    chain POSTROUTING {
        type nat hook postrouting priority srcnat; policy accept;
    }
}
"""
DROP = """
table inet own {
    chain forward {
        type filter hook forward priority filter; policy drop;
    }
}
"""


class World:
    """`web` and `app` are in FRONT, `data` in BACK, `vault` in INNER, `far` is another host, which knows the way to
    their subnets. Every container and `far` has a service at port 80."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path) -> None:
        self._stack = stack
        self.host, self.web, self.app, self.data, self.vault, self.far = stack.enter_context(
            hosts(folder, "host", "web", "app", "data", "vault", "far")
        )
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.host.sysctl(name, "1")
        for number, each in enumerate(NETWORKS, 1):
            links.add_bridge(self.host.netlink, each.bridge, mac=f"02:42:00:00:00:0{number}", group=rules.GROUP)
            links.set_up(self.host.netlink, each.bridge)
            links.route_loopback(self.host.netlink, each.bridge)
            for address in gateways(number):
                addresses.add(self.host.netlink, each.bridge, address)
        self._join(self.web, 1, 2)
        self._join(self.app, 1, 3)
        self._join(self.data, 2, 2)
        self._join(self.vault, 3, 2)
        connect(self.host, "cable", self.far, "cable", f"{FAR}/24", f"{FAR6}/64")
        for address in (f"{HOST}/24", f"{HOST6}/64"):
            addresses.add(self.host.netlink, "cable", address)
        routes.replace(self.far.netlink, "cable", "10.88.0.0/16", HOST)
        routes.replace(self.far.netlink, "cable", "fd00:88::/32", HOST6)
        self.serve(self.far, "0.0.0.0")
        self.serve(self.far, "::")

    def _join(self, container: Host, number: int, last: int) -> None:
        given = (f"10.88.{number}.{last}/24", f"fd00:88:{number}::{last}/64")
        ways = [address.partition("/")[0] for address in gateways(number)]
        port = f"ov{number}{last}"
        connect(self.host, port, container, "eth0", *given, gateways=ways)
        links.set_master(self.host.netlink, port, NETWORKS[number - 1].bridge)
        self.serve(container, "0.0.0.0")
        self.serve(container, "::")

    def serve(self, host: Host, address: str, port: int = 80, kind: socket.SocketKind = socket.SOCK_STREAM) -> Service:
        service = Service(host, address, port, kind)
        self._stack.callback(service.end)
        return service

    def apply(self, text: str) -> None:
        with self.host.inside():
            nft.apply(text, "cannot apply the rules of the test")

    def ruleset(self) -> str:
        """Without what is counted."""
        return self.host.run("nft", "--stateless", "list", "ruleset", check=True).stdout


def gateways(number: int) -> tuple[str, str]:
    return f"10.88.{number}.1/24", f"fd00:88:{number}::1/64"


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[World]:
    """Without rules."""
    with contextlib.ExitStack() as stack:
        yield World(stack, tmp_path)


@pytest.fixture
def world(bare: World) -> World:
    bare.apply("".join(rules.create(each) for each in NETWORKS))
    return bare


def test_containers_of_one_network_reach_each_other(world: World) -> None:
    assert seen_as(world.web, "10.88.1.3", 80) == "10.88.1.2"
    assert seen_as(world.web, "fd00:88:1::3", 80) == "fd00:88:1::2"
    assert world.web.run("busybox", "ping", "-c", "1", "10.88.1.3").returncode == 0


def test_what_leaves_has_the_address_of_the_host(world: World) -> None:
    assert seen_as(world.web, FAR, 80) == HOST
    assert seen_as(world.web, FAR6, 80) == HOST6
    world.apply(rules.create(replace(FRONT, is_masqueraded=False)))
    routes.replace(world.far.netlink, "cable", "10.88.1.0/24", HOST)
    assert seen_as(world.web, FAR, 80) == "10.88.1.2"


def test_nobody_from_outside_is_routed_in(bare: World) -> None:
    assert seen_as(bare.far, "10.88.1.2", 80) == FAR
    assert seen_as(bare.far, "fd00:88:1::2", 80) == FAR6
    bare.apply(rules.create(FRONT))
    assert is_out_of_reach(bare.far, "10.88.1.2", 80)
    assert is_out_of_reach(bare.far, "fd00:88:1::2", 80)


def test_networks_are_isolated(world: World) -> None:
    for from_, to in ((world.web, "2"), (world.data, "1")):
        assert is_out_of_reach(from_, f"10.88.{to}.2", 80)
        assert is_out_of_reach(from_, f"fd00:88:{to}::2", 80)
    assert seen_as(world.host, "10.88.2.2", 80) == "10.88.2.1"


def test_containers_that_may_not_talk(world: World) -> None:
    world.apply(rules.create(replace(FRONT, has_talk=False)))
    for port in ("ov12", "ov13"):
        links.set_master(world.host.netlink, port, FRONT.bridge, is_isolated=True)
    assert is_out_of_reach(world.web, "10.88.1.3", 80)
    routes.replace(world.web.netlink, "eth0", "10.88.1.3/32", "10.88.1.1")  # by way of the host
    assert is_out_of_reach(world.web, "10.88.1.3", 80)
    assert seen_as(world.web, FAR, 80) == HOST
    assert seen_as(world.host, "10.88.1.3", 80) == "10.88.1.1"


def test_an_internal_network_leads_nowhere(world: World) -> None:
    for family in ("0.0.0.0", "::"):
        world.serve(world.host, family)
    for address in (FAR, FAR6, HOST, HOST6, "10.88.1.1", "10.88.1.2", "fd00:88:1::2"):
        assert is_out_of_reach(world.vault, address, 80), address
    assert seen_as(world.vault, "10.88.3.1", 80) == "10.88.3.2"
    assert seen_as(world.host, "10.88.3.2", 80) == "10.88.3.1"
    assert is_out_of_reach(world.far, "10.88.3.2", 80)


@pytest.mark.parametrize("network", [FRONT, INNER], ids=["front", "inner"])
def test_a_published_port_from_the_host(world: World, network: Firewall) -> None:
    number, container = (1, world.web) if network is FRONT else (3, world.vault)
    for family in ("0.0.0.0", "::"):
        world.serve(container, family, 81)
    ports = (
        Publication("0.0.0.0", 8080, f"10.88.{number}.2", 81),
        Publication("::", 8080, f"fd00:88:{number}::2", 81),
        Publication("127.0.0.2", 8081, f"10.88.{number}.2", 81),
    )
    world.apply(rules.publish(network.id, ports))
    for address in ("127.0.0.1", HOST, f"10.88.{number}.1", "10.88.2.1"):
        assert seen_as(world.host, address, 8080) == f"10.88.{number}.1", address
    for address in (HOST6, f"fd00:88:{number}::1"):
        assert seen_as(world.host, address, 8080) == f"fd00:88:{number}::1", address
    assert seen_as(world.host, "127.0.0.2", 8081)
    assert is_out_of_reach(world.host, "127.0.0.1", 8081)
    assert is_out_of_reach(world.host, "::1", 8080)  # these two are for a socket of the host's
    assert is_out_of_reach(world.far, HOST, 8080)
    with world.host.inside():
        assert rules.published(nft.listing(rules.table(network.id))) == tuple(sorted(ports))
    world.apply(rules.withdraw(network.id, ports))
    assert is_out_of_reach(world.host, "127.0.0.1", 8080)
    with world.host.inside():
        assert rules.published(nft.listing(rules.table(network.id))) == ()


def test_rules_that_are_made_anew_keep_what_is_told_with_them(world: World) -> None:
    port = Publication("0.0.0.0", 8080, "10.88.1.2", 80)
    for _ in range(2):
        world.apply(rules.create(FRONT, (port,)))
        assert seen_as(world.host, "127.0.0.1", 8080) == "10.88.1.1"


def test_a_container_that_speaks_to_the_loopback_of_the_host(bare: World) -> None:
    """CVE-2020-8558: the link is let have packets of 127.0.0.0/8."""
    service = bare.serve(bare.host, "0.0.0.0", 9000, UDP)
    bare.web.sysctl("ipv4/conf/eth0/route_localnet", "1")
    bare.web.run("ip", "address", "delete", "127.0.0.1/8", "dev", "lo", check=True)
    say(bare.web, "127.0.0.1", b"no rules")
    eventually(lambda: service.heard == [b"no rules"])
    bare.apply(rules.create(FRONT))
    say(bare.web, "127.0.0.1", b"to loopback")
    bare.web.run("ip", "address", "add", "127.0.0.9/8", "dev", "eth0", check=True)
    say(bare.web, "10.88.1.1", b"from loopback", source="127.0.0.9")
    say(bare.web, "10.88.1.1", b"well")
    eventually(lambda: len(service.heard) > 1)
    assert service.heard == [b"no rules", b"well"]


@pytest.mark.parametrize(
    ("own", "forged", "far", "width"),
    [("10.88.1.2", "10.88.7.7", FAR, 32), ("fd00:88:1::2", "fd00:88:7::7", FAR6, 128)],
)
def test_a_container_that_speaks_as_somebody_of_elsewhere(
    bare: World, own: str, forged: str, far: str, width: int
) -> None:
    for host, link in ((bare.host, FRONT.bridge), (bare.far, "cable")):
        for each in ("all", link):
            host.sysctl(f"ipv4/conf/{each}/rp_filter", "0")  # as on many hosts; for IPv6 there is none
    service = bare.serve(bare.far, "::" if ":" in far else "0.0.0.0", 9000, UDP)
    bare.web.run("ip", "address", "add", f"{forged}/{width}", "dev", "eth0", "nodad", check=True)
    say(bare.web, far, b"no rules", source=forged)
    eventually(lambda: service.heard == [b"no rules"])
    bare.apply(rules.create(FRONT))
    say(bare.web, far, b"forged", source=forged)
    say(bare.web, far, b"well", source=own)
    eventually(lambda: len(service.heard) > 1)
    assert service.heard == [b"no rules", b"well"]


def say(host: Host, to: str, data: bytes, source: str = "") -> None:
    with host.inside(), socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, UDP) as peer:
        peer.bind((source, 0))
        peer.sendto(data, (to, 9000))


def test_a_container_is_no_router_of_the_host(bare: World) -> None:
    """CVE-2020-13401, on a host that forwards, and yet listens to routers on that link."""
    bare.host.sysctl(f"ipv6/conf/{FRONT.bridge}/accept_ra", "2")
    service = bare.serve(bare.host, "0.0.0.0", 9000, UDP)
    bare.apply(rules.create(FRONT))
    eventually(lambda: can_advertise(bare.web))  # once its own address there is known to be free
    say(bare.web, "10.88.1.1", b"after it")
    eventually(lambda: service.heard == [b"after it"])
    assert not default_routes(bare.host)
    bare.apply(rules.delete(FRONT.id))
    assert can_advertise(bare.web)
    eventually(lambda: default_routes(bare.host))


def can_advertise(host: Host) -> bool:
    """Send a router's advertisement (RFC 4861, 4.2); False while the kernel does not let us."""
    with host.inside(), socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as peer:
        peer.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        index = socket.if_nametoindex("eth0")
        link = host.run("ip", "-6", "address", "show", "dev", "eth0", "scope", "link", "-tentative").stdout.split()
        if "inet6" not in link:
            return False
        own = link[link.index("inet6") + 1].partition("/")[0]
        peer.bind((own, 0, 0, index))
        peer.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0), ("ff02::1", 0, 0, index))
    return True


def default_routes(host: Host) -> list[str]:
    return [each.gateway for each in routes.of(host.netlink, socket.AF_INET6) if each.destination == "::/0"]


def test_rules_of_others_are_left_as_they_are(bare: World) -> None:
    bare.apply(OWN_RULES)
    before = bare.ruleset()
    for each in NETWORKS:
        bare.apply(rules.create(each, (Publication("0.0.0.0", 8080, "10.88.1.2", 80),)))
    with bare.host.inside(), Tables() as tables:
        assert all(tables.has("inet", rules.table(each.id)) for each in NETWORKS)
    for each in NETWORKS:
        bare.apply(rules.delete(each.id))
    assert bare.ruleset() == before
    bare.apply(rules.delete(FRONT.id))  # nothing happens
    assert bare.ruleset() == before


def test_a_drop_of_the_hosts_own_stays_a_drop(world: World) -> None:
    assert seen_as(world.web, FAR, 80) == HOST
    world.apply(DROP)
    assert is_out_of_reach(world.web, FAR, 80)


def test_what_another_process_is_to_do(world: World, tmp_path: Path) -> None:
    ports = [Publication("0.0.0.0", port, "10.88.1.2", port) for port in range(8000, 9000)]
    ports.append(Publication("::", 8000, "fd00:88:1::2", 8000))
    world.apply(rules.publish(FRONT.id, ports))
    assert world.ruleset().count(" : 10.88.1.2 . ") == 1000
    text = tmp_path / "text"
    text.write_text(rules.withdraw(FRONT.id, ports))
    world.host.run(*nft.command(str(text), "cannot withdraw"), check=True)
    assert "10.88.1.2" not in world.ruleset()


def test_many_change_rules_at_once(bare: World) -> None:
    bare.apply("".join(rules.create(each) for each in NETWORKS))

    def come_and_go(number: int) -> None:
        network = NETWORKS[number % len(NETWORKS)].id
        ports = [Publication("0.0.0.0", 8000 + number, "10.88.1.2", 80)]
        for _ in range(5):
            bare.apply(rules.publish(network, ports))
            bare.apply(rules.withdraw(network, ports))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(come_and_go, range(6)))
    with bare.host.inside():
        assert [rules.published(nft.listing(rules.table(each.id))) for each in NETWORKS] == [()] * 3


def test_what_nft_refuses(bare: World) -> None:
    port = Publication("0.0.0.0", 8080, "10.88.1.2", 80)
    bare.apply(rules.create(FRONT, (port,)))
    before = bare.ruleset()
    with bare.host.inside():
        with pytest.raises(NotFound, match=r"^cannot do it: .*No such file or directory$"):
            nft.apply(rules.publish("no", (port,)), "cannot do it")
        with pytest.raises(NotFound, match=r"^cannot do it: ") as raised:
            nft.apply(rules.withdraw(FRONT.id, (port, replace(port, port=1))), "cannot do it")
        assert "0.0.0.0/0 . 1 " in raised.value.hint
        with pytest.raises(Conflict, match=r"^cannot do it: "):
            nft.apply(rules.publish(FRONT.id, (replace(port, address="127.0.0.1", to_port=81),)), "cannot do it")
        with pytest.raises(Unsupported, match=r"^cannot do it: syntax error"):
            nft.apply("what is this\n", "cannot do it")
        with pytest.raises(Unavailable, match=r"^cannot do it: name too long"):
            nft.apply(f"add table inet {'x' * 300}\n", "cannot do it")
        with pytest.raises(NotFound, match=r"^cannot list the table no: "):
            nft.listing("no")
    assert bare.ruleset() == before


def test_a_host_without_nft(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nft, "PLACES", ("/nonexistent/nft",))
    with pytest.raises(Unsupported, match=r"^cannot do it: the program nft is not installed$") as raised:
        nft.apply("", "cannot do it")
    assert "nftables" in raised.value.hint
