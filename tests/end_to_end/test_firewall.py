"""What networks of containers let through, and what the host's own rules have to say: with a host and another one."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.kernel.namespaces import Host, Service, hosts, is_out_of_reach, seen_as
from tests.waiting import eventually

from onggi.engine.network.host import forwarding
from onggi.layer import removal
from onggi.linux import netns
from onggi.linux.inside import Inside
from onggi.linux.netlink import Netlink, addresses, links, routes

from .conftest import BUSYBOX, Onggi, clone

OURS, FAR = "192.0.2.1", "192.0.2.2"
CABLE = "cable0"
FOREVER = ("sleep", "1000.625")
DROPPING = """
table inet own {
    chain input {
        type filter hook input priority filter; policy drop;
        iifname "lo" accept
        ct state established,related accept
    }
    chain forward {
        type filter hook forward priority filter; policy accept;
        ip daddr 203.0.113.0/24 counter drop
    }
}
"""


class Place:
    """A network namespace, for Service and seen_as."""

    def __init__(self, namespace: int) -> None:
        self.namespace = namespace

    def inside(self) -> Inside:
        return Inside("network", self.namespace)


class World:
    """The host that the test is on, and `far`, on the other end of its cable."""

    def __init__(self, onggi: Onggi, stack: contextlib.ExitStack, far: Host) -> None:
        self.onggi = onggi
        self.far = far
        self._stack = stack
        self.here = Place(self._open("/proc/self/ns/net"))

    def run(self, name: str, *flags: str, onggi: Onggi | None = None) -> Place:
        """A container that has services at its port 80 which tell from where they are reached."""
        program = onggi or self.onggi
        made = program("run", "-d", "--name", name, *flags, BUSYBOX, *FOREVER)
        place = Place(netns.hold(str(program.root / "containers" / made / "netns")))
        self._stack.callback(os.close, place.namespace)
        self.serve(place, "0.0.0.0", 80)
        self.serve(place, "0.0.0.0", 80, socket.SOCK_DGRAM)
        return place

    def serve(self, place: Place | Host, address: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> None:
        self._stack.callback(Service(place, address, port, kind).end)  # type: ignore[arg-type]

    def address(self, container: str, network: str = "bridge") -> str:
        return self.onggi("inspect", "-f", f"{{{{.NetworkSettings.Networks.{network}.IPAddress}}}}", container)

    def gateway(self, network: str = "bridge") -> str:
        return self.onggi("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network)

    def _open(self, path: str) -> int:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._stack.callback(os.close, descriptor)
        return descriptor


@pytest.fixture
def world(onggi: Onggi, tmp_path: Path) -> Iterator[World]:
    with Netlink() as netlink, contextlib.ExitStack() as stack:
        (far,) = stack.enter_context(hosts(tmp_path, "far"))
        links.add_veth(netlink, CABLE, "eth0", far.namespace)
        stack.callback(links.delete, netlink, CABLE)
        for place, link, address in ((netlink, CABLE, OURS), (far.netlink, "eth0", FAR)):
            links.set_up(place, link)
            addresses.add(place, link, f"{address}/24")
        routes.replace(far.netlink, "eth0", "0.0.0.0/0", OURS)
        yield World(onggi, stack, far)


def reaches(place: Place | Host, address: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> str:
    return seen_as(place, address, port, kind)  # type: ignore[arg-type]


def is_away(place: Place | Host, address: str, port: int) -> bool:
    return is_out_of_reach(place, address, port)  # type: ignore[arg-type]


def nft(text: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


@pytest.fixture
def own_rules() -> Iterator[None]:
    """Of a host that lets nobody in."""
    nft(DROPPING)
    yield
    nft("delete table inet own\n")


def test_what_is_published_on_loopback_alone(world: World) -> None:
    """From other hosts it is out of reach, also for those who send packets our way that are not ours (moby#45610)."""
    world.run("web", "-p", "127.0.0.1:8080:80", "-p", "127.0.0.1:8080:80/udp")
    assert reaches(world.here, "127.0.0.1", 8080) == world.gateway()
    assert reaches(world.here, "127.0.0.1", 8080, socket.SOCK_DGRAM) == world.gateway()
    for address, port in ((OURS, 8080), (world.gateway(), 8080), (world.address("web"), 80)):
        assert is_away(world.far, address, port), f"{address}:{port}"
    world.far.run("ip", "address", "delete", "127.0.0.1/8", "dev", "lo", check=True)
    world.far.sysctl("ipv4/conf/eth0/route_localnet", "1")
    routes.replace(world.far.netlink, "eth0", "127.0.0.1/32", OURS)
    assert is_away(world.far, "127.0.0.1", 8080)


def test_the_hosts_own_rules_hold_for_published_ports(world: World, own_rules: None) -> None:
    """Docker's are led past them."""
    world.run("web", "-p", "8080:80", "-p", "8081:80")
    assert reaches(world.here, OURS, 8080) == reaches(world.here, "127.0.0.1", 8080) == world.gateway()
    assert is_away(world.far, OURS, 8080)
    nft("add rule inet own input tcp dport 8080 accept\n")
    assert reaches(world.far, OURS, 8080) == world.gateway()
    assert is_away(world.far, OURS, 8081)


def test_a_host_that_drops_what_is_forwarded(world: World) -> None:
    """As others make it do, Docker among them: their rules have to let our bridges through."""
    web = world.run("web")
    world.serve(world.far, "0.0.0.0", 80)
    assert reaches(web, FAR, 80) == OURS
    nft("table inet own { chain forward { type filter hook forward priority filter; policy drop; }; }\n")
    try:
        assert is_away(web, FAR, 80)
        nft("add rule inet own forward iifgroup 0x6f6e67 accept\nadd rule inet own forward oifgroup 0x6f6e67 accept\n")
        assert reaches(web, FAR, 80) == OURS
    finally:
        nft("delete table inet own\n")


def test_an_internal_network(world: World) -> None:
    """It reaches this host, but by no port that is a way to another network."""
    world.onggi("network", "create", "--internal", "--ipv6", "inner")
    world.onggi("network", "create", "outer")
    world.run("web", "--network", "outer", "-p", "8080:80", "-p", "8080:80/udp")
    vault = world.run("vault", "--network", "inner")
    other = world.run("other", "--network", "bridge")
    world.run("safe", "--network", "inner")
    world.serve(world.far, "0.0.0.0", 80)
    world.serve(world.here, "0.0.0.0", 9000)
    gateway = world.gateway("inner")
    assert reaches(vault, world.address("safe", "inner"), 80) == world.address("vault", "inner")
    assert reaches(vault, gateway, 9000) == world.address("vault", "inner")
    gateway6 = world.onggi("network", "inspect", "-f", "{{(index .IPAM.Config 1).Gateway}}", "inner")
    world.serve(world.here, "::", 9000)
    assert reaches(vault, gateway6, 9000)
    assert is_away(vault, gateway, 8080) and is_away(vault, gateway6, 8080)
    with pytest.raises(TimeoutError):
        ask(vault, gateway, 8080)
    assert ask(other, gateway, 8080) and reaches(other, gateway, 8080), "which a container of any other network does"
    with vault.inside(), Netlink() as inside:
        routes.replace(inside, "eth0", "0.0.0.0/0", gateway)  # with NET_ADMIN it could
    places = ((FAR, 80), (OURS, 9000), (world.address("web", "outer"), 80), (world.gateway("outer"), 8080))
    with ThreadPoolExecutor(len(places)) as pool:
        assert list(pool.map(lambda place: is_away(vault, *place), places)) == [True] * len(places)


def ask(place: Place, address: str, port: int) -> bytes:
    """The answer to a datagram; raises TimeoutError for none."""
    with place.inside():
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with peer:
        peer.settimeout(2)
        peer.connect((address, port))
        peer.send(b"?")
        return peer.recv(100)


def test_networks_that_do_not_know_each_other(world: World) -> None:
    world.onggi("network", "create", "one")
    world.onggi("network", "create", "-o", "com.docker.network.bridge.name=other0", "other")
    one, other = world.run("one1", "--network", "one"), world.run("other1", "--network", "other")
    world.run("other2", "--network", "other", "-p", "8080:80")
    world.serve(world.far, "0.0.0.0", 80)
    assert is_away(one, world.address("other1", "other"), 80)
    assert is_away(other, world.address("one1", "one"), 80)
    assert is_away(one, world.address("other2", "other"), 80), "published or not"
    assert reaches(one, world.gateway("other"), 8080) == world.gateway("other")
    assert is_away(one, world.gateway("other"), 80), "what the host itself does not have"
    for place in (one, other):
        assert reaches(place, FAR, 80) == OURS


def test_datagrams_go_to_who_has_the_port_now(world: World) -> None:
    """One sender, whose datagrams the kernel takes for one conversation (moby#8795)."""
    world.run("web", "-p", "127.0.0.1:8080:80/udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(30)
        sender.connect(("127.0.0.1", 8080))
        sender.send(b"?")
        assert sender.recv(100)
        world.onggi("rm", "-f", "web")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heir:
            heir.settimeout(30)
            heir.bind(("127.0.0.1", 8080))
            sender.send(b"for you")
            assert heir.recv(100) == b"for you"


def test_rules_that_somebody_has_flushed(world: World) -> None:
    """A start makes those of its networks again, a repair those of all."""
    onggi = world.onggi
    world.run("web", "-p", "8080:80")
    onggi("network", "create", "shop")
    world.run("till", "--network", "shop", "-p", "8081:80")
    nft("flush ruleset\n")
    assert onggi.run("system", "check").returncode == 1
    onggi("run", "--rm", BUSYBOX, "true")
    assert reaches(world.here, "127.0.0.1", 8080) == world.gateway()
    assert is_away(world.far, world.address("web"), 80)
    assert reaches(world.far, world.address("till", "shop"), 80), "nothing keeps it out"
    onggi("system", "check", "--repair")
    assert is_away(world.far, world.address("till", "shop"), 80)
    assert reaches(world.here, "127.0.0.1", 8081) == world.gateway("shop")


def test_all_is_as_it_was(world: World, own_rules: None) -> None:
    eventually(is_settled)
    before = state()
    with switched_off():
        off = state()
        world.onggi("network", "create", "--ipv6", "shop")
        world.onggi("run", "-d", "--name", "web", "--network", "shop", "-p", "8080:80", BUSYBOX, *FOREVER)
        assert state() != off
        world.onggi("rm", "-f", "web")
        world.onggi("network", "rm", "shop")
        assert state() == off
    assert state() == before


def is_settled() -> bool:
    """Whether the cable's own address of IPv6 is known to be nobody else's."""
    said = subprocess.run(["ip", "-6", "-o", "address", "show", CABLE], capture_output=True, text=True, check=True)
    return "fe80:" in said.stdout and "tentative" not in said.stdout


def state() -> tuple[str, ...]:
    """Of the host: rules, links, addresses, routes, switches."""
    commands = ("nft --stateless list ruleset", "ip -o link", "ip -o address", "ip route", "ip -6 route")
    said = (subprocess.run(each.split(), capture_output=True, text=True, check=True).stdout for each in commands)
    return *said, *(Path(path).read_text() for path in forwarding.SWITCHES.values())


@contextlib.contextmanager
def switched_off() -> Iterator[None]:
    """The host forwards nothing."""
    before = {path: Path(path).read_text() for path in forwarding.SWITCHES.values()}
    for path in before:
        Path(path).write_text("0")
    yield
    for path, value in before.items():
        if Path(path).read_text() != value:
            Path(path).write_text(value)


@pytest.fixture
def other_store(busybox: Path) -> Iterator[Onggi]:
    program = Onggi(clone(busybox))
    try:
        yield program
        program.tidy()
    finally:
        removal.remove(str(program.root))


def test_two_stores_that_chose_one_subnet(world: World, other_store: Onggi) -> None:
    stores = (world.onggi, other_store)
    for onggi in stores:
        onggi("create", "--name", "web", BUSYBOX, *FOREVER)
    assert len({subnet(onggi) for onggi in stores}) == 1
    for onggi in stores:
        onggi("start", "web")
    assert len({subnet(onggi) for onggi in stores}) == 2
    for onggi in stores:
        gateway = onggi("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "bridge")
        assert f"default via {gateway} dev eth0" in onggi("exec", "web", "ip", "route")
        onggi("exec", "web", "ping", "-c", "1", "-w", "30", gateway)


def subnet(onggi: Onggi) -> str:
    return onggi("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", "bridge")


def test_a_subnet_that_is_somebody_elses_by_now(world: World) -> None:
    onggi = world.onggi
    onggi("network", "create", "--subnet", "10.211.0.0/16", "chosen")
    onggi("network", "create", "ours")
    before = onggi("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", "ours")
    for name in ("one", "two"):
        onggi("create", "--name", name, "--network", "ours", BUSYBOX, *FOREVER)
    with Netlink() as netlink:
        for address in ("10.211.7.1/24", f"{before.partition('/')[0]}/16"):
            addresses.add(netlink, CABLE, address)
    refused = onggi.fails("run", "--rm", "--network", "chosen", BUSYBOX, "true", code=125)
    assert "the subnet 10.211.0.0/16 of the network chosen overlaps 10.211.7.0/24, which the link cable0" in refused
    onggi("start", "two")
    after = onggi("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", "ours")
    assert after != before
    onggi("start", "one")
    for name, last in (("one", 2), ("two", 3)):
        assert world.address(name, "ours") == f"{after.removesuffix('0.0/16')}0.{last}"
        assert world.address(name, "ours") in onggi("exec", name, "ip", "address", "show", "eth0")
    onggi("exec", "one", "ping", "-c", "1", "-w", "30", "two")


def test_a_host_that_reaches_all_that_could_be_chosen(world: World) -> None:
    """As with some VPNs: what was chosen before does, since a narrower way wins, unless it is the VPN's own."""
    onggi = world.onggi
    onggi("create", "--name", "one", BUSYBOX, *FOREVER)
    with Netlink() as netlink:
        for destination in ("172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"):
            routes.replace(netlink, CABLE, destination)
        onggi("start", "one")
        assert subnet(onggi) == "172.17.0.0/16"
        refused = onggi.fails("network", "create", "shop")
        assert "all predefined address pools have been fully subnetted" in refused
        onggi("rm", "-f", "one")
        onggi("network", "prune", "-f")
        routes.replace(netlink, CABLE, "172.17.0.0/16")
    assert "which the link cable0 of this host has" in onggi.fails("run", "--rm", BUSYBOX, "true", code=125)


def test_macvlan(world: World) -> None:
    """Containers are neighbours of the host's neighbours; the host itself they do not reach: the kernel keeps it so."""
    onggi = world.onggi
    onggi("network", "create", "-d", "macvlan", "--subnet", "192.0.2.0/24", "-o", f"parent={CABLE}", "lan")
    one = world.run("one", "--network", "lan", "--ip", "192.0.2.11")
    world.run("two", "--network", "lan", "--ip", "192.0.2.12")
    world.serve(world.far, "0.0.0.0", 80)
    assert reaches(one, "192.0.2.12", 80) == "192.0.2.11"
    assert reaches(one, FAR, 80) == "192.0.2.11"
    assert reaches(world.far, "192.0.2.12", 80) == FAR
    onggi("exec", "one", "ping", "-c", "1", "-w", "30", "two")
    assert is_away(world.here, "192.0.2.11", 80)


def test_what_macvlan_does_not_do(world: World) -> None:
    onggi = world.onggi
    lan = ("-d", "macvlan", "--subnet", "192.0.2.0/24")
    refused = onggi.fails("network", "create", *lan, "--internal", "-o", f"parent={CABLE}", "lan")
    assert "a macvlan reaches all that its link reaches" in refused
    assert "lo is no link that a macvlan can be on" in onggi.fails("network", "create", *lan, "-o", "parent=lo", "lan")
    onggi("network", "create", *lan, "-o", f"parent={CABLE}", "lan")
    subprocess.run(["ip", "link", "set", CABLE, "down"], check=True)
    assert f"{CABLE} is down" in onggi.fails("run", "--rm", "--network", "lan", BUSYBOX, "true", code=125)
    subprocess.run(["ip", "link", "set", CABLE, "up"], check=True)
    onggi("run", "--rm", "--network", "lan", BUSYBOX, "true")
