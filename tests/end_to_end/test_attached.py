"""Containers on networks of their own: whom they find and reach, what they keep, and that nothing of it stays."""

from __future__ import annotations

import itertools
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.container.network import rules
from onggi.linux import nft

from . import leavings
from .conftest import BUSYBOX, Onggi

FOREVER = ("sleep", "1000.41")
SOON_TOLD = ("--dns-option", "timeout:1", "--dns-option", "attempts:1")
"""That nobody answers, to one whose name servers are those of this host, which none of these can reach."""
RUNTIMES = pytest.mark.parametrize("runtime", [[], ["--runtime", "runc"]], ids=["onggi", "runc"])


def idle(onggi: Onggi, name: str, *flags: str, network: str = "shop") -> str:
    """A container that runs; its ID."""
    return onggi("run", "-d", "--name", name, "--network", network, *flags, BUSYBOX, *FOREVER)


def address(onggi: Onggi, name: str, link: str = "eth0") -> str:
    found = re.search(r"inet ([0-9.]+)/", onggi("exec", name, "ip", "-4", "address", "show", "dev", link))
    assert found
    return found[1]


def found(onggi: Onggi, asker: str, name: str) -> str:
    """The address that stands for a name in a container, after a packet has come back from there; "" for none."""
    done = onggi.run("exec", asker, "ping", "-c", "1", "-W", "30", name)
    if done.returncode:
        assert f"ping: bad address '{name}'" in done.stderr.decode(), done
        return ""
    match = re.match(r"PING \S+ \(([0-9.]+)\)", done.stdout.decode())
    assert match
    return match[1]


def is_reached(onggi: Onggi, asker: str, place: str) -> bool:
    """Where packets are dropped silence is all there is: whoever answers does it long before a second is over."""
    return onggi.run("exec", asker, "ping", "-c", "1", "-W", "1", place).returncode == 0


@pytest.fixture
def shop(onggi: Onggi) -> str:
    return onggi("network", "create", "--subnet", "10.214.0.0/16", "shop")


@RUNTIMES
def test_two_find_each_other_by_all_their_names(onggi: Onggi, shop: str, runtime: list[str]) -> None:
    web = idle(onggi, "web", "--network-alias", "front", "--network-alias", "www.shop.example", *runtime)
    idle(onggi, "db", *runtime)
    for name in ("web", "WEB", "front", "www.shop.example", web[:12], "web.shop", "front.shop", f"{web[:12]}.shop"):
        assert found(onggi, "db", name) == "10.214.0.2", name
    assert found(onggi, "web", "db") == "10.214.0.3"
    assert found(onggi, "web", "web") == "10.214.0.2", "itself"
    assert "name = web.shop" in onggi("exec", "db", "nslookup", "-type=ptr", "2.0.214.10.in-addr.arpa")


def test_the_default_network_has_addresses_and_no_names(onggi: Onggi) -> None:
    idle(onggi, "web", network="bridge")
    idle(onggi, "db", *SOON_TOLD, network="default")
    web = address(onggi, "web")
    assert found(onggi, "db", web) == web
    assert found(onggi, "db", "web") == ""


def test_who_does_not_run_has_no_name(onggi: Onggi, shop: str) -> None:
    idle(onggi, "db")
    onggi("create", "--name", "web", "--network", "shop", "--network-alias", "front", BUSYBOX, *FOREVER)
    assert found(onggi, "db", "web") == ""
    onggi("start", "web")
    assert found(onggi, "db", "web") == found(onggi, "db", "front") == "10.214.0.3"
    onggi("stop", "-t", "0", "web")
    assert found(onggi, "db", "web") == found(onggi, "db", "front") == ""
    onggi("start", "web")
    assert found(onggi, "db", "front") == "10.214.0.3"
    onggi("rm", "-f", "web")
    assert found(onggi, "db", "web") == ""


def test_an_alias_of_several_is_all_of_them(onggi: Onggi, shop: str) -> None:
    idle(onggi, "asker")
    for name in ("one", "two"):
        idle(onggi, name, "--network-alias", "worker")

    def addresses() -> set[str]:
        return set(re.findall(r"10\.214\.0\.\d+", onggi("exec", "asker", "nslookup", "-type=a", "worker")))

    assert addresses() == {"10.214.0.3", "10.214.0.4"}
    onggi("stop", "-t", "0", "one")
    assert addresses() == {"10.214.0.4"}


def test_an_address_is_kept_until_the_container_is_removed(onggi: Onggi, shop: str) -> None:
    idle(onggi, "web")
    onggi("stop", "-t", "0", "web")
    idle(onggi, "db")
    assert address(onggi, "db") == "10.214.0.3", "the one that stands still keeps its own"
    for words in (("start", "web"), ("restart", "-t", "0", "web"), ("restart", "-t", "0", "db")):
        onggi(*words)
        assert (address(onggi, "web"), address(onggi, "db")) == ("10.214.0.2", "10.214.0.3")
        assert found(onggi, "db", "web") == "10.214.0.2"
        assert found(onggi, "web", "db") == "10.214.0.3"
    onggi("rm", "-f", "web")
    idle(onggi, "cache")
    assert address(onggi, "cache") == "10.214.0.2"


@RUNTIMES
def test_the_next_round_is_in_the_same_network(onggi: Onggi, shop: str, runtime: list[str]) -> None:
    idle(onggi, "db")
    script = "readlink /proc/self/ns/net; ip -4 -o address show eth0; ping -c 1 db | head -n 1; exit 1"
    flags = ("--network", "shop", "-p", "127.0.0.1:8080:80", "--restart", "on-failure:2")
    onggi("run", "-d", "--name", "web", *flags, *runtime, BUSYBOX, "sh", "-c", script)
    eventually(lambda: onggi("ps", "-q", "-f", "name=web", "-f", "status=exited"))
    lines = onggi("logs", "web").splitlines()
    assert len(lines) == 9
    assert lines[:3] == lines[3:6] == lines[6:]
    assert "10.214.0.3/16" in lines[1] and "(10.214.0.2)" in lines[2]


@RUNTIMES
def test_nothing_stays_of_what_removes_itself(onggi: Onggi, shop: str, runtime: list[str]) -> None:
    """But for the network's bridge, its rules, and for a while its resolver."""
    before = leavings.of_namespace()
    flags = ("--network", "shop", "-p", "127.0.0.1:8080:80", *runtime)
    made = onggi("run", "-d", "--rm", *flags, BUSYBOX, *FOREVER)
    during = leavings.of_namespace() - before
    assert sum(each.startswith("link ov") for each in during) == 1
    assert sum(each.startswith("onggi-ports") for each in during) == 1
    assert len(rules.published(nft.listing(rules.table(shop[:12])))) == 1
    assert leavings.of_store(onggi.root)
    onggi("stop", "-t", "0", made)
    eventually(lambda: not onggi("ps", "-aq"))
    assert rules.published(nft.listing(rules.table(shop[:12]))) == ()
    assert leavings.of_store(onggi.root) == []
    leavings.end_resolvers()
    eventually(lambda: not any(each.startswith("link ov") for each in leavings.of_namespace()))
    bridge = f"link ong-{shop[:11]}"
    stays = leavings.of_namespace() - before
    assert {each for each in stays if each.startswith(("link ", "onggi-"))} == {bridge}
    assert onggi("network", "rm", "shop") == "shop"
    assert bridge not in leavings.of_namespace()


def test_in_two_networks_it_has_the_names_of_both(onggi: Onggi, shop: str) -> None:
    onggi("network", "create", "--subnet", "10.215.0.0/16", "vault")
    idle(onggi, "web")
    idle(onggi, "db", network="vault")
    idle(onggi, "till", "--network", "name=vault,alias=door")
    assert address(onggi, "till", "eth0") == "10.214.0.3"
    assert address(onggi, "till", "eth1") == "10.215.0.3"
    assert found(onggi, "till", "web") == found(onggi, "till", "web.shop") == "10.214.0.2"
    assert found(onggi, "till", "db") == found(onggi, "till", "db.vault") == "10.215.0.2"
    assert found(onggi, "web", "till") == "10.214.0.3"
    assert found(onggi, "db", "till") == found(onggi, "db", "door") == "10.215.0.3"
    assert found(onggi, "web", "door") == "", "that is what it is called in the other"


def test_networks_are_apart(onggi: Onggi, shop: str) -> None:
    onggi("network", "create", "vault")
    for name, network in (("web", "shop"), ("db", "vault"), ("job", "bridge")):
        idle(onggi, name, *SOON_TOLD, network=network)
    places = {name: address(onggi, name) for name in ("web", "db", "job")}
    pairs = list(itertools.product(places, places))
    with ThreadPoolExecutor(len(pairs)) as pool:
        reached = pool.map(lambda pair: is_reached(onggi, pair[0], places[pair[1]]), pairs)
        assert [pair for pair, is_so in zip(pairs, reached, strict=True) if is_so] == [(name, name) for name in places]
    for asker, name in (("web", "db"), ("db", "web"), ("job", "web"), ("web", "db.vault")):
        assert found(onggi, asker, name) == ""


@RUNTIMES
def test_the_network_of_another_container(onggi: Onggi, shop: str, runtime: list[str]) -> None:
    idle(onggi, "db")
    idle(onggi, "web", "-h", "the-web")
    idle(onggi, "guest", *runtime, network="container:web")
    look = ("readlink", "/proc/self/ns/net")
    assert onggi("exec", "guest", *look) == onggi("exec", "web", *look) != onggi("exec", "db", *look)
    assert address(onggi, "guest") == "10.214.0.3"
    assert found(onggi, "guest", "db") == "10.214.0.2"
    assert found(onggi, "db", "guest") == "", "it has no name of its own there"
    assert onggi("exec", "guest", "tail", "-n", "1", "/etc/hosts").split() == ["10.214.0.3", "the-web"]


def test_commands_in_a_container_are_in_its_network(onggi: Onggi, shop: str) -> None:
    web = idle(onggi, "web")
    own = os.stat(onggi.root / "containers" / web / "netns").st_ino
    assert onggi("exec", "web", "readlink", "/proc/self/ns/net") == f"net:[{own}]"
    assert Path("/proc/self/ns/net").readlink() != Path(f"net:[{own}]")


def test_many_that_start_at_once_have_an_address_each(onggi: Onggi, shop: str) -> None:
    script = "ip -4 -o address show eth0 | grep -o '10[.0-9]*/16'; ping -c 1 db > /dev/null && echo found"
    idle(onggi, "db")
    running = [onggi.start("run", "--rm", "--network", "shop", BUSYBOX, "sh", "-c", script) for _ in range(8)]
    said = [process.communicate() for process in running]
    assert [out.split()[1:] for out, _ in said] == [[b"found"]] * 8, said


def test_what_cannot_be_attached_leaves_nothing(onggi: Onggi, shop: str) -> None:
    idle(onggi, "web", "-p", "127.0.0.1:8080:80")
    before = leavings.of_namespace()
    taken = onggi.fails("run", "--name", "late", "--network", "shop", "-p", "8080:80", BUSYBOX, "true", code=125)
    assert "web" in taken and "8080" in taken
    assert "network gone not found" in onggi.fails("run", "--network", "gone", BUSYBOX, "true", code=125)
    eventually(lambda: leavings.of_namespace() == before)
    assert len([each for each in leavings.of_store(onggi.root) if each.endswith("/netns")]) == 1
    assert onggi("ps", "-a", "--format", "{{.Names}} {{.Status}}", "-f", "name=late") == "late Created"
