"""The commands of networks."""

from __future__ import annotations

import json

from onggi.cli.commands import network_ls
from onggi.container.network.network import Network, NetworkSpec, Subnet
from onggi.container.spec import Attachment, Link
from onggi.engine.types import Pruned, PruneFilter, Removed

from .fake import ID, FakeEngine, call


def network(name: str, **more: object) -> Network:
    return Network(id=ID, name=name, created=0.0, **more)  # type: ignore[arg-type]


def test_create() -> None:
    engine = FakeEngine()
    words = (
        *("--subnet", "10.88.0.0/16", "--subnet=fd00:88::/64", "--ip-range", "10.88.5.0/24"),
        *("--gateway", "fd00:88:0::9", "--gateway", "10.88.5.254", "--aux-address", "printer=10.88.5.1"),
        *("--ipv6", "--internal", "--attachable", "--label", "a=b", "-o", "com.docker.network.driver.mtu=1400"),
    )
    assert call(engine, "network", "create", *words, "shop").out == f"{ID}\n"
    spec = NetworkSpec(
        name="shop",
        subnets=(
            Subnet("10.88.0.0/16", "10.88.5.254", "10.88.5.0/24", {"printer": "10.88.5.1"}),
            Subnet("fd00:88::/64", "fd00:88::9"),
        ),
        has_ipv6=True,
        is_internal=True,
        is_attachable=True,
        labels={"a": "b"},
        options={"com.docker.network.driver.mtu": "1400"},
    )
    assert engine.networks.asked == [("create", spec)]


def test_switches_as_docker_has_them() -> None:
    engine = FakeEngine()
    call(engine, "network", "create", "-d", "macvlan", "--ipv4=false", "--ipv6=true", "--scope", "local", "six")
    spec = NetworkSpec(name="six", driver="macvlan", has_ipv4=False, has_ipv6=True)
    assert engine.networks.asked == [("create", spec)]


def test_what_is_of_swarm() -> None:
    for words in (["create", "--ingress", "x"], ["create", "--config-only", "x"], ["inspect", "-v", "x"]):
        assert "networks over several hosts are of Docker Swarm" in call(FakeEngine(), "network", *words).err
    assert call(FakeEngine(), "network", "create", "--scope", "swarm", "x").code == 125
    assert "Missing argument 'NETWORK'" in call(FakeEngine(), "network", "create").err


def test_a_list() -> None:
    engine = FakeEngine()
    engine.networks.networks = [network("shop10"), network("shop2", labels={"b": "2", "a": "1"}, has_ipv6=True)]
    lines = call(engine, "network", "ls").out.splitlines()
    assert [line.split() for line in lines] == [
        ["NETWORK", "ID", "NAME", "DRIVER", "SCOPE"],
        [ID[:12], "shop2", "bridge", "local"],
        [ID[:12], "shop10", "bridge", "local"],
    ]
    assert call(engine, "network", "list", "-q", "--no-trunc").out == f"{ID}\n{ID}\n"
    shown = call(
        engine, "network", "ls", "--format", '{{.Name}} {{.Labels}} {{.Label "b"}} {{.IPv6}} {{.Internal}}'
    ).out
    assert shown.splitlines() == ["shop2 a=1,b=2 2 true false", "shop10   false false"]
    call(engine, "network", "ls", "-f", "dangling=true", "-f", "label=a", "--filter", "type=custom")
    assert engine.networks.asked[-1] == ("list", {"dangling": ["true"], "label": ["a"], "type": ["custom"]})
    assert "invalid filter 'size'" in call(engine, "network", "ls", "-f", "size=1").err


def test_a_row_as_json() -> None:
    engine = FakeEngine()
    engine.networks.networks = [network("shop")]
    found = json.loads(call(engine, "network", "ls", "--format", "json").out)
    assert set(found) == set(network_ls.HEADERS) - {"Label"}
    assert found["CreatedAt"] == "1970-01-01 00:00:00 +0000 UTC"


def test_inspect() -> None:
    engine = FakeEngine()
    engine.networks.documents = {"shop": {"Name": "shop", "Labels": {"a": "b"}, "Containers": {}}}
    assert call(engine, "network", "inspect", "-f", "{{.Name}} {{.Labels.a}}", "shop").out == "shop b\n"
    done = call(engine, "network", "inspect", "shop", "nothing")
    assert done.code == 1 and json.loads(done.out) == [engine.networks.documents["shop"]]
    assert call(engine, "inspect", "-f", "{{.Name}}", "shop").out == "shop\n"
    assert call(engine, "inspect", "--type", "volume", "shop").code == 1
    assert call(engine, "inspect", "--type", "network", "shop").code == 0


def test_rm() -> None:
    engine = FakeEngine()
    engine.networks.missing = frozenset({"gone"})
    done = call(engine, "network", "rm", "one", "gone", "two")
    assert (done.out, done.code) == ("one\ntwo\n", 1)
    assert "network gone not found" in done.err
    forced = call(engine, "network", "remove", "-f", "gone", "two")
    assert (forced.out, forced.err, forced.code) == ("two\n", "", 0)


def test_prune() -> None:
    engine = FakeEngine()
    engine.networks.pruned = Pruned((Removed("deleted", "one"), Removed("deleted", "two")))
    assert call(engine, "network", "prune", "-f").out == "Deleted Networks:\none\ntwo\n\n"
    call(engine, "network", "prune", "-f", "--filter", "label=a", "--filter", "label!=b=c")
    assert engine.networks.asked[-1] == ("prune", PruneFilter(labels=("a",), without=("b=c",)))
    engine.networks.asked.clear()
    declined = call(engine, "network", "prune", input="n\n")
    assert "all custom networks not used by at least one container" in declined.out
    assert engine.networks.asked == []


def test_connect() -> None:
    engine = FakeEngine()
    words = (
        "--alias",
        "db",
        "--alias",
        "cache",
        "--ip=10.88.0.7",
        "--ip6",
        "fd00:88:0::7",
        "--gw-priority",
        "-3",
        "--link",
        "web:db",
    )
    assert call(engine, "network", "connect", *words, "shop", "web").out == ""
    asked = Attachment(network="shop", aliases=("db", "cache"), ipv4="10.88.0.7", ipv6="fd00:88::7", priority=-3)
    assert engine.networks.asked == [("connect", "web", asked, (Link("web", "db", "web"),))]


def test_connect_what_cannot_be() -> None:
    for words, said in (
        (("--ip", "fd00::7"), "fd00::7 is no address of IPv4"),
        (("--alias", "-"), "invalid network alias"),
        (("--link", ":other"), "bad format for links: :other"),
        (("--link-local-ip", "169.254.7.7"), "addresses are those of the network's subnets"),
        (("--driver-opt", "a=b"), "no options of drivers for a single container"),
    ):
        engine = FakeEngine()
        assert said in call(engine, "network", "connect", *words, "shop", "web").err
        assert engine.networks.asked == []


def test_disconnect() -> None:
    engine = FakeEngine()
    call(engine, "network", "disconnect", "shop", "web")
    call(engine, "network", "disconnect", "-f", "shop", "web")
    assert engine.networks.asked == [("disconnect", "web", "shop", False), ("disconnect", "web", "shop", True)]


def test_what_monitors_call_is_not_listed() -> None:
    engine = FakeEngine()
    assert "mend" not in call(engine, "network", "--help").out
    call(engine, "network", "mend")
    call(engine, "network", "mend", "--locked")
    assert engine.networks.asked == [("mend", -1), ("mend", 3)]
