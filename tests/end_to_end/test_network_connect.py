"""`network connect` and `network disconnect`: what a container finds, whether it runs or not, and what others find."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

from tests.waiting import eventually

from . import leavings
from .conftest import BUSYBOX, Onggi

FOREVER = ("sleep", "1000.86")
SERVES = ("sh", "-c", "echo hello > /tmp/index.html; exec httpd -f -p 80 -h /tmp")
SUBNET = "10.214.0.0/16"


def inside(onggi: Onggi, container: str, *words: str) -> str:
    return onggi("exec", container, *words)


def links_of(onggi: Onggi, container: str) -> list[str]:
    """`eth0 172.17.0.2/16` each."""
    lines = inside(onggi, container, "ip", "-o", "-4", "addr").splitlines()
    return [" ".join(line.split()[1:4:2]) for line in lines if " lo " not in line]


def way_out(onggi: Onggi, container: str) -> str:
    (line,) = (line for line in inside(onggi, container, "ip", "route").splitlines() if line.startswith("default"))
    return line.split()[4]


def finds(onggi: Onggi, container: str, name: str, *, seconds: int = 5) -> bool:
    return onggi.run("exec", container, "ping", "-c1", f"-W{seconds}", name).returncode == 0


def fetch(port: int, host: str = "127.0.0.1") -> str:
    with socket.create_connection((host, port), timeout=30) as peer:
        peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with peer.makefile("rb") as answer:
            return answer.read().decode().splitlines()[-1]


def is_served(port: int) -> bool:
    try:
        return fetch(port) == "hello"
    except OSError:
        return False


def home(onggi: Onggi, container: str) -> Path:
    return onggi.root / "containers" / onggi("inspect", "-f", "{{.Id}}", container)


def all_of(onggi: Onggi, container: str) -> object:
    """What is not to change if something fails."""
    rules = subprocess.run(["nft", "-s", "list", "ruleset"], capture_output=True, check=True).stdout
    looks = ("ip -o -4 addr", "ip route", "cat /etc/hosts", "cat /etc/resolv.conf")
    seen = [inside(onggi, container, *look.split()) for look in looks]
    return rules, seen, onggi("inspect", container), sorted(leavings.of_namespace())


def test_one_that_does_not_run_is_there_from_its_next_start(onggi: Onggi) -> None:
    onggi("network", "create", "--subnet", SUBNET, "shop")
    onggi("create", "--name", "web", BUSYBOX, *FOREVER)
    assert onggi("network", "connect", "--ip", "10.214.7.7", "--alias", "www", "shop", "web") == ""
    onggi("start", "web")
    assert links_of(onggi, "web")[1] == "eth1 10.214.7.7/16"
    onggi("run", "-d", "--name", "other", "--network", "shop", BUSYBOX, *FOREVER)
    assert finds(onggi, "other", "www")
    onggi("kill", "web")
    onggi("network", "disconnect", "bridge", "web")
    onggi("start", "web")
    assert links_of(onggi, "web") == ["eth0 10.214.7.7/16"], "interfaces are numbered anew"


def test_one_that_runs_is_there_at_once(onggi: Onggi) -> None:
    """By name too, its own and others'; the files are the same, and what it wrote into them stays."""
    onggi("network", "create", "--subnet", SUBNET, "shop")
    onggi("run", "-d", "--name", "db", "--network", "shop", BUSYBOX, *FOREVER)
    onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    inside(onggi, "web", "sh", "-c", "echo 192.0.2.9 printer >> /etc/hosts")
    inodes = inside(onggi, "web", "stat", "-c", "%i", "/etc/hosts", "/etc/resolv.conf")
    before = inside(onggi, "web", "cat", "/etc/resolv.conf")
    onggi("network", "connect", "--ip", "10.214.7.7", "--alias", "www", "shop", "web")
    assert links_of(onggi, "web")[1] == "eth1 10.214.7.7/16"
    assert finds(onggi, "web", "db") and finds(onggi, "db", "web") and finds(onggi, "db", "www")
    hosts = inside(onggi, "web", "cat", "/etc/hosts")
    assert "192.0.2.9 printer" in hosts and "10.214.7.7\t" in hosts
    assert "nameserver 127.0.0.11" in inside(onggi, "web", "cat", "/etc/resolv.conf")
    onggi("network", "disconnect", "shop", "web")
    assert [link.split()[0] for link in links_of(onggi, "web")] == ["eth0"]
    assert not finds(onggi, "db", "10.214.7.7", seconds=1)
    assert onggi.run("exec", "db", "nslookup", "www.shop").returncode
    assert inside(onggi, "web", "cat", "/etc/resolv.conf") == before
    hosts = inside(onggi, "web", "cat", "/etc/hosts")
    assert "192.0.2.9 printer" in hosts and "10.214.7.7" not in hosts
    assert inside(onggi, "web", "stat", "-c", "%i", "/etc/hosts", "/etc/resolv.conf") == inodes
    onggi("network", "connect", "shop", "web")
    assert finds(onggi, "db", "web"), "and again"


def test_links_are_names_for_one_alone(onggi: Onggi) -> None:
    """On the default network too, whether the other one runs or not; they go with it."""
    onggi("create", "--name", "web", BUSYBOX, "true")
    host = onggi("inspect", "-f", "{{.Config.Hostname}}", "web")
    onggi("run", "-d", "--name", "app", "--link", "web:db", "--link", "web", BUSYBOX, *FOREVER)
    assert onggi("inspect", "-f", "{{json .HostConfig.Links}}", "app") == '["/web:/app/db","/web:/app/web"]'
    lines = [line.split()[1:] for line in inside(onggi, "app", "cat", "/etc/hosts").splitlines()]
    assert lines[-2:] == [["db", host, "web"], ["web", host]]
    onggi("network", "create", "shop")
    onggi("create", "--name", "till", "--network", "shop", BUSYBOX, "true")
    onggi("network", "connect", "--link", "till:desk", "shop", "app")
    hosts = inside(onggi, "app", "cat", "/etc/hosts")
    assert f"\tdb {host}" in hosts and "\tdesk " in hosts
    said = onggi.fails("create", "--link", "till", BUSYBOX)
    assert "Cannot link to till, as it does not belong to the default network" in said
    assert "No such container: nobody" in onggi.fails("create", "--link", "nobody:db", BUSYBOX)
    onggi("rm", "web")
    onggi("restart", "-t", "0", "app")
    assert host not in inside(onggi, "app", "cat", "/etc/hosts")


def test_names_of_all_its_networks(onggi: Onggi) -> None:
    for name in ("one", "two"):
        onggi("network", "create", name)
        onggi("run", "-d", "--name", f"in-{name}", "--network", name, BUSYBOX, *FOREVER)
    onggi("run", "-d", "--name", "both", "--network", "one", "--network", "two", BUSYBOX, *FOREVER)
    assert finds(onggi, "both", "in-one") and finds(onggi, "both", "in-two")
    assert onggi.run("exec", "in-one", "nslookup", "in-two.two").returncode
    onggi("network", "disconnect", "two", "both")
    assert finds(onggi, "both", "in-one")
    assert onggi.run("exec", "both", "nslookup", "in-two.two").returncode


def test_the_way_out_and_what_is_published_follow(onggi: Onggi) -> None:
    """Docker's rule: the highest priority, of several the first by name. Published ports stay where they are."""
    for name in ("alpha", "zeta"):
        onggi("network", "create", name)
    onggi("run", "-d", "--name", "web", "-p", "127.0.0.1:8080:80", "--network", "zeta", BUSYBOX, *SERVES)
    eventually(lambda: is_served(8080))
    onggi("network", "connect", "bridge", "web")
    assert way_out(onggi, "web") == "eth1", "b comes before z"
    onggi("network", "connect", "alpha", "web")
    assert way_out(onggi, "web") == "eth2"
    assert is_served(8080)
    onggi("network", "disconnect", "zeta", "web")
    assert is_served(8080)
    onggi("network", "connect", "--gw-priority", "1", "zeta", "web")
    assert way_out(onggi, "web") == "eth0", "the lowest number that is free"
    assert is_served(8080)
    assert onggi("port", "web") == "80/tcp -> 127.0.0.1:8080"
    onggi("network", "disconnect", "zeta", "web")
    onggi("network", "disconnect", "alpha", "web")
    assert (way_out(onggi, "web"), is_served(8080)) == ("eth1", True)
    onggi("stop", "-t0", "web")
    assert not is_served(8080)
    elements = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
    assert "elements" not in elements.replace("elements = { }", "")


def test_without_any_network_nothing_is_published(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "-p", "127.0.0.1:8081:80", BUSYBOX, *SERVES)
    eventually(lambda: is_served(8081))
    onggi("network", "disconnect", "bridge", "web")
    assert not is_served(8081)
    assert (links_of(onggi, "web"), onggi("port", "web")) == ([], "")
    with socket.create_server(("127.0.0.1", 8081)):
        before = all_of(onggi, "web")
        assert "taken by" in onggi.fails("network", "connect", "bridge", "web")
        assert all_of(onggi, "web") == before
    onggi("network", "connect", "bridge", "web")
    assert is_served(8081)
    onggi("restart", "-t0", "web")
    eventually(lambda: is_served(8081))


def test_what_fails_leaves_what_was(onggi: Onggi) -> None:
    onggi("network", "create", "--subnet", SUBNET, "--ip-range", "10.214.5.0/30", "shop")
    onggi("run", "-d", "--name", "web", "-p", "127.0.0.1:8082:80", BUSYBOX, *SERVES)
    eventually(lambda: is_served(8082))
    subprocess.run(["ip", "link", "add", "rival", "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "addr", "add", "10.214.9.1/24", "dev", "rival"], check=True)
        subprocess.run(["ip", "link", "set", "rival", "up"], check=True)
        before = all_of(onggi, "web")
        assert "overlaps 10.214.9.0/24" in onggi.fails("network", "connect", "shop", "web")
        assert all_of(onggi, "web") == before
    finally:
        subprocess.run(["ip", "link", "delete", "rival"], check=True)
    assert "10.215.0.1" in onggi.fails("network", "connect", "--ip", "10.215.0.1", "shop", "web")
    onggi("network", "connect", "shop", "web")


def test_with_force_what_fails_leaves_no_link(onggi: Onggi) -> None:
    """Nobody else is given an address that is in use, nor what was published there."""
    onggi("network", "create", "--subnet", SUBNET, "--ip-range", "10.214.5.0/32", "shop")
    onggi("run", "-d", "--name", "web", "--network", "shop", "-p", "127.0.0.1:8085:80", BUSYBOX, *SERVES)
    eventually(lambda: is_served(8085))
    (home(onggi, "web") / "hosts").unlink()
    assert onggi.run("network", "disconnect", "shop", "web").returncode
    assert links_of(onggi, "web") == ["eth0 10.214.5.0/16"]
    onggi("network", "disconnect", "-f", "shop", "web")
    assert links_of(onggi, "web") == []
    onggi("run", "-d", "--name", "other", "--network", "shop", "--ip", "10.214.5.0", BUSYBOX, *SERVES)
    assert links_of(onggi, "other") == ["eth0 10.214.5.0/16"]
    eventually(lambda: b"hello" in onggi.run("exec", "other", "wget", "-qO-", "http://127.0.0.1/").stdout)
    assert not is_served(8085)


def test_who_cannot_come_in_has_no_link_there(onggi: Onggi) -> None:
    onggi("network", "create", "--subnet", SUBNET, "shop")
    onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    before = links_of(onggi, "web")
    (home(onggi, "web") / "hosts").unlink()
    assert onggi.run("network", "connect", "shop", "web").returncode
    assert links_of(onggi, "web") == before
    assert onggi("network", "inspect", "-f", "{{len .Containers}}", "shop") == "0"


REFUSED = (
    ("host", "shop", "container sharing network namespace with another container or host cannot be"),
    ("bridge", "host", "cannot connect container to host network - container must be created in host network mode"),
    ("none", "shop", "container cannot be connected to multiple networks with one of the networks in private"),
    ("bridge", "none", "container cannot be connected to multiple networks with one of the networks in private"),
    ("container:other", "shop", "container sharing network namespace with another container or host cannot be"),
    ("shop", "shop", "endpoint with name in-shop already exists in network shop"),
    ("bridge", "nowhere", "network nowhere not found"),
)


def test_what_cannot_be(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    onggi("run", "-d", "--name", "other", BUSYBOX, *FOREVER)
    names = {mode: f"in-{mode.replace(':', '-')}" for mode, _, _ in REFUSED}
    for mode, name in names.items():
        onggi("run", "-d", "--name", name, "--network", mode, BUSYBOX, *FOREVER)
    for mode, network, said in REFUSED:
        assert said in onggi.fails("network", "connect", network, names[mode])
        if mode != network:
            assert onggi.fails("network", "disconnect", network, names[mode])


def test_who_is_not_there_cannot_leave(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    onggi("create", "--name", "web", BUSYBOX)
    assert "container web is not connected to the network shop" in onggi.fails("network", "disconnect", "shop", "web")
    assert "No such container: nobody" in onggi.fails("network", "connect", "shop", "nobody")
    assert "network-scoped alias is supported only" in onggi.fails(
        "network", "connect", "--alias", "w", "bridge", "web"
    )
    for flag in ("--link-local-ip=169.254.7.7", "--driver-opt=a=b"):
        assert flag.partition("=")[0] in onggi.fails("network", "connect", flag, "shop", "web", code=125)


def test_a_network_stays_while_anybody_is_in_it(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    onggi("network", "connect", "shop", "web")
    assert 'network shop has active endpoints (name:"web"' in onggi.fails("network", "rm", "shop")
    onggi("network", "disconnect", "shop", "web")
    onggi("network", "rm", "shop")


def test_a_container_that_is_paused_or_about_to_start_again(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    onggi("pause", "web")
    onggi("network", "connect", "shop", "web")
    onggi("unpause", "web")
    assert len(links_of(onggi, "web")) == 2
    onggi("run", "-d", "--name", "again", "--restart", "always", BUSYBOX, "sh", "-c", "ip -o -4 addr; false")

    def is_about_to_start() -> bool:
        status, count = onggi("inspect", "-f", "{{.State.Status}} {{.RestartCount}}", "again").split()
        return status == "restarting" and int(count) >= 3

    eventually(is_about_to_start)
    onggi("network", "connect", "shop", "again")
    eventually(lambda: "eth1" in onggi("logs", "--tail", "3", "again"))


def test_a_new_name_is_found_and_the_old_one_is_not(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    for name in ("web", "db"):
        onggi("run", "-d", "--name", name, "--network", "shop", BUSYBOX, *FOREVER)
    onggi("rename", "db", "database")
    assert finds(onggi, "web", "database")
    assert onggi.run("exec", "web", "nslookup", "db.shop").returncode


def test_it_is_told(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    web = onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    onggi("network", "connect", "shop", "web")
    onggi("network", "disconnect", "bridge", "web")
    onggi("kill", "web")
    lines = onggi("events", "--since", "0", "--until", "0s", "--filter", "type=network", "--format", "{{json .}}")
    told = [json.loads(line) for line in lines.splitlines()]
    assert {event["Actor"]["Attributes"].get("container", web) for event in told} == {web}
    assert [(event["Action"], event["Actor"]["Attributes"]["name"]) for event in told] == [
        ("create", "shop"),
        ("connect", "bridge"),
        ("connect", "shop"),
        ("disconnect", "bridge"),
        ("disconnect", "shop"),
    ]
