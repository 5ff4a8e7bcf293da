"""Networks as a person makes, lists, looks at and removes them. The links of them: tests/kernel."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from onggi.container.network import rules
from onggi.container.network.network import Network, NetworkSpec
from onggi.container.network.plan import firewall
from onggi.container.spec import Attachment, ContainerSpec
from onggi.engine.network.host import bridges, traces
from onggi.errors import Conflict, Unavailable
from onggi.linux import nft
from onggi.linux.netlink import Netlink, addresses, links, routes
from onggi.linux.netlink.tables import Tables

from .conftest import BUSYBOX, Onggi


def inspect(onggi: Onggi, network: str) -> dict[str, Any]:
    (found,) = json.loads(onggi("network", "inspect", network))
    assert isinstance(found, dict)
    return found


def names(onggi: Onggi, *words: str) -> list[str]:
    return onggi("network", "ls", "--format", "{{.Name}}", *words).split()


def attach(onggi: Onggi, network: str, *, container: str) -> str:
    """A container that is in the network and does not run; its ID."""
    with onggi.engine() as engine:
        made = engine.containers.create(ContainerSpec(image="busybox:1.35"), container)
        engine.networks.rows.attach(made, [Attachment(network=network)])
        return made


def run(onggi: Onggi, network: str, *, container: str) -> str:
    """The same, of one that runs."""
    made = onggi("run", "-d", "--name", container, "busybox:1.35", "sleep", "1000.25")
    with onggi.engine() as engine:
        engine.networks.rows.attach(made, [Attachment(network=network)])
    return made


def test_three_are_always_there(empty: Onggi) -> None:
    assert names(empty) == ["bridge", "host", "none"]
    assert names(empty, "-f", "type=builtin") == ["bridge", "host", "none"]
    ids = empty("network", "ls", "-q")
    assert empty("network", "ls", "-q") == ids
    assert empty("network", "inspect", "-f", "{{.Driver}} {{.IPAM.Config}}", "none").startswith("null")
    for name in ("bridge", "host", "none"):
        assert f"{name} is a pre-defined network and cannot be removed" in empty.fails("network", "rm", name)
        assert f"operation is not permitted on predefined {name} network" in empty.fails("network", "create", name)
    assert empty("network", "prune", "-f") == ""
    assert names(empty) == ["bridge", "host", "none"]


def test_a_subnet_that_the_host_does_not_reach(empty: Onggi) -> None:
    made = empty("network", "create", "shop")
    shop = inspect(empty, made[:12])
    assert (shop["Id"], shop["Name"], shop["Driver"], shop["Scope"]) == (made, "shop", "bridge", "local")
    (config,) = shop["IPAM"]["Config"]
    block = ip_network(config["Subnet"])
    assert config["Gateway"] == str(block[1])
    routes = json.loads(subprocess.run(["ip", "-j", "-4", "route"], capture_output=True, check=True).stdout)
    others = [ip_network(route["dst"]) for route in routes if route["dst"] != "default"]
    assert not any(block.overlaps(other) for other in others)


def test_all_that_can_be_said(empty: Onggi) -> None:
    empty(
        *("network", "create", "--ipv6", "--subnet", "10.211.0.0/16", "--ip-range", "10.211.5.0/24"),
        *("--gateway", "10.211.0.9", "--aux-address", "printer=10.211.5.1", "--internal", "--label", "team=shop"),
        *("-o", "com.docker.network.driver.mtu=1400", "shop"),
    )
    shop = inspect(empty, "shop")
    assert shop["IPAM"]["Config"][0] == {
        "Subnet": "10.211.0.0/16",
        "IPRange": "10.211.5.0/24",
        "Gateway": "10.211.0.9",
        "AuxiliaryAddresses": {"printer": "10.211.5.1"},
    }
    own = shop["IPAM"]["Config"][1]["Subnet"]
    assert ip_network(own).is_private and own.endswith("/64")
    assert (shop["EnableIPv6"], shop["Internal"], shop["Labels"]) == (True, True, {"team": "shop"})
    assert shop["Options"] == {"com.docker.network.driver.mtu": "1400"}
    assert names(empty, "-f", "label=team=shop") == ["shop"]
    assert names(empty, "-f", "dangling=true") == ["shop"]
    assert names(empty, "-f", f"id={shop['Id'][:5]}", "-f", "driver=bridge", "-f", "name=^sh") == ["shop"]


REFUSED = (
    (["shop"], "network with name shop already exists"),
    (["--subnet", "10.211.4.0/24", "db"], "Pool overlaps with other one on this address space: 10.211.4.0/24"),
    (["--subnet", "10.212.0.1/16", "db"], "invalid subnet 10.212.0.1/16: it should be 10.212.0.0/16"),
    (["--gateway", "10.212.0.1", "db"], "every ip-range or gateway must have a corresponding subnet"),
    (["--subnet", "10.212.0.0/16", "--gateway", "10.213.0.1", "db"], "no matching subnet for gateway 10.213.0.1"),
    (["--subnet", "fd00:7::/64", "db"], "enable it with --ipv6"),
    (["-d", "overlay", "db"], 'plugin "overlay" not found: there is no such network driver'),
    (["-d", "macvlan", "-o", "parent=nolink0", "db"], "this host has no link nolink0"),
    (
        ["-d", "macvlan", "-o", "parent=taken0", "-o", "com.docker.network.driver.mtu=9000", "db"],
        "the link taken0 has an MTU of 1500, and 9000 is more",
    ),
    (["-o", "com.docker.network.bridge.name=lo", "db"], "this host has a link lo already"),
    (["-o", "com.docker.network.driver.mtu=many", "db"], "com.docker.network.driver.mtu=many: no MTU"),
    (
        ["-o", "com.docker.network.bridge.gateway_mode_ipv4=routed", "db"],
        "the option com.docker.network.bridge.gateway_mode_ipv4 is not there for networks of the driver bridge",
    ),
    (["--subnet", "10.213.0.0/16", "db"], "overlaps 10.213.0.0/16, which the link taken0 of this host has"),
    (["--subnet", "10.212.0.0/15", "db"], "overlaps 10.213.0.0/16, which the link taken0 of this host has"),
    (["--subnet", "10.213.9.0/24", "db"], "overlaps 10.213.0.0/16, which the link taken0 of this host has"),
    (
        ["--subnet", "10.214.7.0/24", "--gateway", "10.214.7.1", "db"],
        "the gateway 10.214.7.1 is an address of this host already",
    ),
    (["a b"], "invalid network name: 'a b'"),
)


def test_what_cannot_be_leaves_nothing_behind(empty: Onggi, taken: None) -> None:
    empty("network", "create", "--subnet", "10.211.0.0/16", "shop")
    for words, said in REFUSED:
        assert said in empty.fails("network", "create", *words)
        assert names(empty) == ["bridge", "host", "none", "shop"], words


@pytest.fixture
def taken() -> Iterator[None]:
    """A link of the host has 10.213.0.0/16 and an address of its own; 10.215.0.0/16 is routed there."""
    with Netlink() as netlink:
        links.add_bridge(netlink, "taken0")
        addresses.add(netlink, "taken0", "10.213.7.1/16")
        addresses.add(netlink, "taken0", "10.214.7.1/32")
        links.set_up(netlink, "taken0")
        routes.replace(netlink, "taken0", "10.215.0.0/16")
        yield
        links.delete(netlink, "taken0")


def test_a_subnet_within_what_the_host_reaches(empty: Onggi, taken: None) -> None:
    empty("network", "create", "--subnet", "10.215.8.0/24", "shop")


def test_an_overlap_with_a_network_of_ours_names_it(onggi: Onggi) -> None:
    """Also once its bridge is a link of the host."""
    onggi("network", "create", "--subnet", "10.216.0.0/16", "shop")
    onggi("run", "--rm", "--network", "shop", "busybox:1.35", "true")
    said = onggi.fails("network", "create", "--subnet", "10.216.4.0/24", "db")
    assert "10.216.4.0/24 and the network shop, which has 10.216.0.0/16" in said


def test_ipv6_that_is_off(empty: Onggi) -> None:
    """In a network namespace whose IPv6 is off."""
    script = 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 && exec "$@"'
    command = ["unshare", "--net", "sh", "-c", script, "sh", *empty.argv("network", "create", "--ipv6", "shop")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "network shop: IPv6 is off on this host" in done.stderr
    assert names(empty) == ["bridge", "host", "none"]


def test_a_network_in_use_stays(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    onggi("network", "create", "idle")
    container = run(onggi, "shop", container="till")
    refused = onggi.fails("network", "rm", "shop")
    assert f'network shop has active endpoints (name:"till" id:"{container[:12]}")' in refused
    onggi("stop", "-t", "0", "till")
    assert inspect(onggi, "shop")["Containers"] == {}, "it does not run"
    assert names(onggi, "-f", "dangling=true") == ["idle"]
    assert onggi("network", "prune", "-f").splitlines() == ["Deleted Networks:", "idle"]


def test_a_network_goes_though_a_container_that_does_not_run_is_in_it(onggi: Onggi) -> None:
    """It runs again in one of the same name, and is in no network that it was taken out of."""
    onggi("network", "create", "shop")
    onggi("network", "create", "db")
    onggi("run", "--name", "till", "--network", "shop", "--network", "db", BUSYBOX, "true")
    assert onggi("network", "rm", "shop") == "shop"
    assert "network shop not found" in onggi.fails("start", "till", code=1)
    onggi("network", "create", "--subnet", "10.212.0.0/24", "shop")
    onggi("network", "disconnect", "db", "till")
    onggi("start", "-a", "till")
    onggi("network", "disconnect", "shop", "till")
    onggi("network", "connect", "--ip", "10.212.0.77", "shop", "till")
    onggi("network", "rm", "db")
    onggi("start", "-a", "till")
    assert [*json.loads(onggi("inspect", "till"))[0]["NetworkSettings"]["Networks"]] == ["shop"]


def test_who_replaces_a_container_makes_the_new_one_first(onggi: Onggi) -> None:
    """With its address and its MAC, which are had by who starts first."""
    onggi("network", "create", "--subnet", "10.212.0.0/24", "shop")
    place = ("--network", "name=shop,ip=10.212.0.9,mac-address=02:00:00:00:00:09", BUSYBOX, "sleep", "1000.26")
    onggi("run", "-d", "--name", "old", *place)
    onggi("create", "--name", "new", *place)
    asked = json.loads(onggi("inspect", "new"))[0]["NetworkSettings"]["Networks"]["shop"]
    assert (asked["IPAMConfig"], asked["IPAddress"]) == ({"IPv4Address": "10.212.0.9"}, "")
    assert "Address already in use: 10.212.0.9" in onggi.fails("start", "new", code=1)
    onggi("rm", "-f", "old")
    onggi("start", "new")
    assert json.loads(onggi("inspect", "new"))[0]["NetworkSettings"]["Networks"]["shop"]["IPAddress"] == "10.212.0.9"


def test_containers_that_run_are_shown(onggi: Onggi) -> None:
    onggi("network", "create", "--subnet", "10.211.0.0/16", "shop")
    container = run(onggi, "shop", container="till")
    found = inspect(onggi, "shop")["Containers"]
    assert found[container].pop("EndpointID")
    assert found == {
        container: {
            "Name": "till",
            "MacAddress": "02:42:0a:d3:00:02",
            "IPv4Address": "10.211.0.2/16",
            "IPv6Address": "",
        }
    }


@pytest.mark.parametrize("network", ["host", "none"])
def test_where_there_are_no_addresses_too(onggi: Onggi, network: str) -> None:
    container = onggi("run", "-d", "--name", "alone", "--network", network, "busybox:1.35", "sleep", "1000.25")
    onggi("create", "--name", "idle", "--network", network, "busybox:1.35")
    found = inspect(onggi, network)["Containers"]
    assert found[container].pop("EndpointID")
    assert found == {container: {"Name": "alone", "MacAddress": "", "IPv4Address": "", "IPv6Address": ""}}


def test_links_and_rules_go_with_it(empty: Onggi) -> None:
    made = empty("network", "create", "--subnet", "10.211.0.0/16", "shop")
    with empty.engine() as engine:
        shop = engine.networks.rows.get("shop")
        traces.record(engine.networks.rows.folder(shop.id), shop.bridge)
    with Netlink() as netlink, Tables() as tables:
        links.add_bridge(netlink, shop.bridge)
        nft.apply(rules.create(firewall(shop)), "cannot make the rules")
        assert tables.has("inet", rules.table(made[:12]))
        empty("network", "rm", "shop")
        assert links.find(netlink, shop.bridge) is None
        assert not tables.has("inet", rules.table(made[:12]))


def test_what_cannot_be_taken_down_stays(empty: Onggi, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(network: Network) -> None:
        raise Unavailable(f"the bridge of {network.name} stays")

    with empty.engine() as engine:
        shop = engine.networks.create(NetworkSpec(name="shop"))
        traces.record(engine.networks.rows.folder(shop.id), shop.bridge)
        with monkeypatch.context() as patched, pytest.raises(Unavailable, match="the bridge of shop stays"):
            patched.setattr(bridges, "take_down", fail)
            engine.networks.remove("shop")
        assert engine.networks.rows.get("shop") == shop
        engine.networks.remove("shop")
        assert [network.name for network in engine.networks.list()] == ["bridge", "host", "none"]


def test_a_container_that_comes_in_meanwhile_keeps_it(onggi: Onggi, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the moment when nobody is in it any more, and its row is there still."""
    with onggi.engine() as engine:
        shop = engine.networks.create(NetworkSpec(name="shop"))
        traces.record(engine.networks.rows.folder(shop.id), shop.bridge)
        with monkeypatch.context() as patched, pytest.raises(Conflict, match="has got a container meanwhile: late"):
            patched.setattr(bridges, "take_down", lambda network: attach(onggi, network.name, container="late"))
            engine.networks.remove("shop")
        assert engine.networks.rows.get("shop") == shop


def test_rm_of_several(empty: Onggi) -> None:
    for name in ("one", "two"):
        empty("network", "create", name)
    done = empty.run("network", "rm", "one", "gone", "two")
    assert (done.stdout.decode().split(), done.returncode) == (["one", "two"], 1)
    assert "network gone not found" in done.stderr.decode()
    assert empty("network", "rm", "-f", "gone") == ""


def test_prune_by_labels_and_age(empty: Onggi) -> None:
    empty("network", "create", "--label", "keep", "kept")
    empty("network", "create", "old")
    assert empty("network", "prune", "-f", "--filter", "until=1h") == ""
    assert empty("network", "prune", "-f", "--filter", "label!=keep").splitlines() == ["Deleted Networks:", "old"]
    assert names(empty) == ["bridge", "host", "kept", "none"]


def test_a_system_prune_takes_those_that_no_container_is_in(onggi: Onggi) -> None:
    for name in ("idle", "left", "shop"):
        onggi("network", "create", name)
    attach(onggi, "left", container="gone-soon")
    run(onggi, "shop", container="till")
    assert "\n\nDeleted Networks:\nidle\nleft\n\n" in onggi("system", "prune", "-f", "--filter", "until=0s")
    assert names(onggi, "-f", "type=custom") == ["shop"]


def test_events(empty: Onggi) -> None:
    since = str(time.time())
    made = empty("network", "create", "shop")
    empty("network", "rm", "shop")
    told = empty("events", "--since", since, "--until", "0s", "--filter", "type=network", "--format", "{{json .}}")
    happened = [json.loads(line) for line in told.splitlines()]
    assert [(each["Action"], each["Actor"]["ID"]) for each in happened] == [("create", made), ("destroy", made)]
    assert happened[0]["Actor"]["Attributes"] == {"name": "shop", "type": "bridge"}
