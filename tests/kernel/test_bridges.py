"""Bridges as they come and go on a host, which is a namespace with two others beside it, and what it forwards then."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.waiting import eventually

from onggi.container.network import rules
from onggi.container.network.attachment import Endpoint
from onggi.container.network.network import BRIDGE_NAME, Network, Subnet
from onggi.container.network.plan import Bridge, Names, plan
from onggi.container.network.rules import Publication
from onggi.engine.network.host import bridges, forwarding
from onggi.errors import Conflict, Denied
from onggi.linux import nft
from onggi.linux.netlink import Netlink, addresses, links, routes

from .namespaces import Host, Service, connect, hosts, is_out_of_reach, seen_as
from .test_nft import can_advertise, default_routes

pytestmark = pytest.mark.kernel

SHOP = Network(
    id="5409" * 16,
    created=0,
    name="shop",
    subnets=(Subnet("10.88.0.0/24", "10.88.0.1"), Subnet("fd00:88::/64", "fd00:88::1")),
    has_ipv6=True,
    options={BRIDGE_NAME: "shop0"},
)
OURS = Network(id="0025" * 16, created=0, name="ours", subnets=(Subnet("172.17.0.0/16", "172.17.0.1", is_ours=True),))
OWN_RULES = """
table inet own {
    chain forward {
        type filter hook forward priority filter; policy accept;
        ip daddr 203.0.113.0/24 drop
    }
}
"""
WEB = Publication("0.0.0.0", 8080, "10.88.0.2", 80)


def bridge(network: Network) -> Bridge:
    endpoint = Endpoint(container="c" * 64, network=network.id, ipv4="10.88.0.2", ipv6="fd00:88::2", mac="")
    (found,) = plan([replace(network, subnets=SHOP.subnets)], [endpoint], Names(host="")).outside
    return replace(
        found,
        addresses=tuple(f"{each.gateway}/{each.block.prefixlen}" for each in network.subnets),
        firewall=replace(
            found.firewall,
            ipv4=tuple(each.network for each in network.subnets if each.version == 4),
            ipv6=tuple(each.network for each in network.subnets if each.version == 6),
        ),
    )


class World:
    """`near` and `far` are hosts on cables of `host`, and have their default routes to it."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self.host, self.near, self.far, self.web = stack.enter_context(hosts(folder, "host", "near", "far", "web"))
        self.switch("ip", "0")
        self.switch("ip6", "0")
        for name, other, number in (("near", self.near, 1), ("far", self.far, 2)):
            given = (f"192.0.2.{16 * number + 2}/28", f"2001:db8:{number}::2/64")
            connect(self.host, name, other, "eth0", *given)
            own = (f"192.0.2.{16 * number + 1}", f"2001:db8:{number}::1")
            addresses.add(self.host.netlink, name, f"{own[0]}/28")
            addresses.add(self.host.netlink, name, f"{own[1]}/64")
            for way, gateway in zip(("0.0.0.0/0", "::/0"), own, strict=True):
                routes.replace(other.netlink, "eth0", way, gateway)
        for address in ("0.0.0.0", "::"):
            self.serve(self.far, address, 80)

    def serve(self, host: Host, address: str, port: int) -> None:
        service = Service(host, address, port)
        self._stack.callback(service.end)

    def provide(self, network: Network = SHOP, published: Iterable[Publication] = ()) -> None:
        with self.host.inside(), Netlink() as netlink:
            bridges.provide(netlink, bridge(network), network, lambda: published)

    def take_down(self, network: Network = SHOP) -> None:
        with self.host.inside():
            bridges.take_down(network)

    def join(self) -> None:
        """`web` is a container of SHOP."""
        connect(
            *(self.host, "ov1", self.web, "eth0", "10.88.0.2/24", "fd00:88::2/64"),
            gateways=("10.88.0.1", "fd00:88::1"),
        )
        links.set_master(self.host.netlink, "ov1", "shop0")
        self.serve(self.web, "0.0.0.0", 80)

    def switch(self, family: str, value: str) -> None:
        with self.host.inside():
            Path(forwarding.SWITCHES[family]).write_text(value)

    def switches(self) -> tuple[str, str]:
        with self.host.inside():
            ipv4, ipv6 = (Path(path).read_text().strip() for path in forwarding.SWITCHES.values())
        return ipv4, ipv6

    def apply(self, text: str) -> None:
        with self.host.inside():
            nft.apply(text, "cannot apply the rules of the test")

    def ruleset(self) -> str:
        return self.host.run("nft", "--stateless", "list", "ruleset", check=True).stdout

    def links(self) -> list[str]:
        return sorted(link.name for link in links.every(self.host.netlink))


FAR, FAR6 = "192.0.2.34", "2001:db8:2::2"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        yield World(tmp_path, stack)


def test_the_host_forwards_for_us_and_for_nobody_else(world: World) -> None:
    world.apply(OWN_RULES)
    before, names = world.ruleset(), world.links()
    world.provide()
    assert world.switches() == ("2", "2")
    world.join()
    assert seen_as(world.web, FAR, 80) == "192.0.2.33"
    assert seen_as(world.web, FAR6, 80) == "2001:db8:2::1"
    for address in (FAR, FAR6, "10.88.0.2"):
        assert is_out_of_reach(world.near, address, 80), address
    links.delete(world.host.netlink, "ov1")
    world.provide(OURS)
    world.take_down()
    assert world.switches() == ("2", "2"), "there is one that needs it"
    world.take_down(OURS)
    assert (world.switches(), world.ruleset(), world.links()) == (("0", "0"), before, names)
    world.take_down()  # nothing happens


def test_a_host_that_forwards_already_is_left_alone(world: World) -> None:
    world.switch("ip", "1")
    world.provide()
    assert world.switches() == ("1", "2")
    assert "table ip onggi-guard" not in world.ruleset()
    assert seen_as(world.near, FAR, 80) == "192.0.2.18"
    assert is_out_of_reach(world.near, FAR6, 80)
    world.take_down()
    assert (world.switches(), world.ruleset()) == (("1", "0"), "")


def test_who_turns_it_on_after_us_takes_it_over(world: World) -> None:
    world.provide()
    world.switch("ip", "1")
    world.provide()
    assert seen_as(world.near, FAR, 80) == "192.0.2.18"
    world.take_down()
    assert (world.switches(), world.ruleset()) == (("1", "0"), "")


def test_who_turns_it_off_has_it_on_again_with_the_next_start(world: World) -> None:
    world.provide()
    world.switch("ip", "0")
    world.provide()
    assert world.switches() == ("2", "2")


def test_an_internal_network_needs_no_forwarding(world: World) -> None:
    world.provide(replace(SHOP, is_internal=True))
    assert world.switches() == ("0", "0")


def test_a_host_that_heeds_routers_goes_on_with_it(world: World) -> None:
    world.host.sysctl("ipv6/conf/near/accept_ra", "1")
    world.host.sysctl("ipv6/conf/far/accept_ra", "0")
    eventually(lambda: can_advertise(world.near))
    eventually(lambda: default_routes(world.host))
    world.provide()
    assert default_routes(world.host)
    with world.host.inside():
        found = {
            name: Path(f"/proc/sys/net/ipv6/conf/{name}/accept_ra").read_text().strip() for name in ("near", "far")
        }
    assert found == {"near": "2", "far": "0"}


def test_rules_that_were_flushed_are_made_again_with_what_is_published(world: World) -> None:
    world.provide(SHOP, [WEB])
    world.join()
    whole = world.ruleset()
    assert seen_as(world.host, "127.0.0.1", 8080) == "10.88.0.1"
    world.apply("flush ruleset\n")
    assert is_out_of_reach(world.host, "127.0.0.1", 8080)
    assert seen_as(world.near, FAR, 80) == "192.0.2.18", "nothing guards it"
    world.provide(SHOP, [WEB])
    assert sorted(world.ruleset().splitlines()) == sorted(whole.splitlines())
    assert seen_as(world.host, "127.0.0.1", 8080) == "10.88.0.1"
    assert is_out_of_reach(world.near, FAR, 80)


@pytest.mark.parametrize("way", [["set", "shop0", "down"], ["delete", "shop0"]], ids=["down", "gone"])
def test_a_bridge_that_somebody_has_touched(world: World, way: list[str]) -> None:
    world.provide(SHOP, [WEB])
    world.host.run("ip", "link", *way, check=True)
    world.provide(SHOP, [WEB])
    world.join()
    assert seen_as(world.host, "127.0.0.1", 8080) == "10.88.0.1"
    assert seen_as(world.web, FAR, 80) == "192.0.2.33"


def test_what_is_left_without_its_bridge_goes_too(world: World) -> None:
    world.provide()
    links.delete(world.host.netlink, "shop0")
    world.take_down()
    assert (world.switches(), world.ruleset()) == (("0", "0"), "")


def test_a_link_of_others_is_not_taken(world: World) -> None:
    links.add_bridge(world.host.netlink, "shop0")
    links.set_up(world.host.netlink, "shop0")
    with pytest.raises(Conflict, match=r"cannot have the bridge shop0: this host has a link of that name$"):
        world.provide()
    assert (world.ruleset(), world.switches()) == ("", ("0", "0"))
    assert addresses.of(world.host.netlink, "shop0") == [
        each for each in addresses.of(world.host.netlink, "shop0") if each.startswith("fe80:")
    ]


@pytest.mark.parametrize(
    ("network", "address", "is_taken"),
    [
        (OURS, "172.17.5.1/24", True),
        (OURS, "172.16.0.1/12", True),
        (OURS, "172.18.0.1/16", False),
        (SHOP, "10.88.0.200/24", True),
        (SHOP, "10.88.0.200/28", True),
        (SHOP, "10.88.7.1/16", True),  # wider, but its own: its neighbours would be lost
        (SHOP, "fd00:88::9/64", True),
        (SHOP, "fd00:88::9/56", True),
    ],
)
def test_a_subnet_that_another_link_has_by_now(world: World, network: Network, address: str, is_taken: bool) -> None:
    links.add_bridge(world.host.netlink, "other0")
    addresses.add(world.host.netlink, "other0", address)
    links.set_up(world.host.netlink, "other0")
    if not is_taken:
        world.provide(network)
        return
    with pytest.raises(bridges.SubnetTaken, match=r", which the link other0 of this host has$") as raised:
        world.provide(network)
    assert raised.value.is_ours is (network is OURS)
    assert (world.ruleset(), world.switches()) == ("", ("0", "0"))


def test_a_bridge_that_is_there_stays_whoever_comes(world: World) -> None:
    world.provide(OURS)
    links.add_bridge(world.host.netlink, "other0")
    addresses.add(world.host.netlink, "other0", "172.17.5.1/24")
    links.set_up(world.host.netlink, "other0")
    world.provide(OURS)


def test_of_many_who_want_one_subnet_one_has_it(world: World) -> None:
    """As stores do that were made before any of them had a bridge; each is asked for twice at once."""
    wanted = [replace(OURS, id=f"{number:x}" * 64) for number in range(6)]

    def come(network: Network) -> str:
        try:
            world.provide(network)
        except bridges.SubnetTaken:
            return ""
        return network.bridge

    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(come, wanted * 2)) - {""}
    assert len(found) == 1
    assert found == {link.name for link in links.every(world.host.netlink) if link.group == rules.GROUP}


STEPS: dict[str, tuple[Any, str]] = {
    "link": (links, "add_bridge"),
    "address": (addresses, "add"),
    "loopback": (links, "route_loopback"),
    "rules": (nft, "apply"),
    "up": (links, "set_up"),
    "forwarding": (forwarding, "_write"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_killed_at_a_step(world: World, monkeypatch: pytest.MonkeyPatch, step: str, is_done: bool) -> None:
    """Who comes next makes the rest of it, and who removes it leaves nothing."""
    with monkeypatch.context() as patch:
        patch.setattr(*STEPS[step], killed_at(getattr(*STEPS[step]), is_done))
        with pytest.raises(KeyboardInterrupt):
            world.provide()
    world.provide()
    world.join()
    assert seen_as(world.web, FAR, 80) == "192.0.2.33"
    assert seen_as(world.web, FAR6, 80) == "2001:db8:2::1"
    assert is_out_of_reach(world.near, "10.88.0.2", 80)
    links.delete(world.host.netlink, "ov1")
    with monkeypatch.context() as patch:
        patch.setattr(nft, "apply", killed_at(nft.apply, is_done))
        with pytest.raises(KeyboardInterrupt):
            world.take_down()
    world.take_down()
    assert (world.switches(), world.ruleset()) == (("0", "0"), "")


def killed_at(step: Callable[..., None], is_done: bool) -> Callable[..., None]:
    def end(*arguments: Any, **named: Any) -> None:
        if is_done:
            step(*arguments, **named)
        raise KeyboardInterrupt

    return end


def test_a_switch_that_cannot_be_written(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a container, where /proc/sys is read-only."""
    switch = tmp_path / "ip_forward"
    switch.write_text("0\n")
    monkeypatch.setattr(forwarding, "SWITCHES", {"ip": str(switch)})
    world.host.run("mount", "--bind", "-o", "ro", str(switch), str(switch), check=True)
    world.host.run("mount", "-o", "remount,ro,bind", str(switch), check=True)
    try:
        with pytest.raises(Denied, match=r"to 2, which networks need that lead out: Read-only file system$"):
            world.provide(OURS)
    finally:
        world.host.run("umount", str(switch), check=True)
