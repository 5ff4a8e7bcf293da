"""What `run` and `create` are told about networks and names, as the container finds it. Ports: test_publish.py."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from .conftest import BUSYBOX, Onggi
from .neighbour import LINK, neighbour

FOREVER = ("sleep", "1000.85")
SUBNETS = ("--subnet", "10.213.0.0/16", "--ipv6", "--subnet", "fd00:213::/64")


def say(onggi: Onggi, *words: str) -> str:
    """What a container says, run with these flags; its command stands behind `--`."""
    place = words.index("--")
    return onggi("run", "--rm", *words[:place], BUSYBOX, *words[place + 1 :])


def gateway(onggi: Onggi, network: str) -> str:
    return onggi("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network)


@contextmanager
def greeter(port: int) -> Iterator[None]:
    """A server of this host, at all its addresses, that says hi to one client."""
    with socket.create_server(("0.0.0.0", port)) as listening:
        listening.settimeout(60)

        def greet() -> None:
            client, _ = listening.accept()
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.0 200 OK\r\n\r\nhi")

        thread = Thread(target=greet)
        thread.start()
        try:
            yield
        finally:
            thread.join()


def test_an_address_of_its_own(onggi: Onggi) -> None:
    onggi("network", "create", *SUBNETS, "shop")
    flags = "--network shop --ip 10.213.7.7 --ip6 fd00:213::7 --mac-address 02-42-0A-D5-07-07"
    look = ("cat", "/sys/class/net/eth0/address", "/etc/hosts", "/proc/net/if_inet6")
    said = say(onggi, *flags.split(), "-h", "web", "--", *look)
    assert said.splitlines()[0] == "02:42:0a:d5:07:07"
    assert "10.213.7.7\tweb\nfd00:213::7\tweb" in said
    assert "fd000213000000000000000000000007" in said
    fields = "name=shop,ip=10.213.7.7,mac-address=02:42:0a:d5:07:07"
    assert said.splitlines()[0] in say(onggi, "--network", fields, "-h", "web", "--", *look)


def test_several_networks(onggi: Onggi) -> None:
    """Interfaces come in the order of the flags; the default route leads where it is told to."""
    for name in ("alpha", "beta"):
        onggi("network", "create", name)
    look = ("ip", "route", "show")
    flags = ("--network", "beta", "--network", "alpha")
    both = say(onggi, *flags, "--", *look)
    assert f"default via {gateway(onggi, 'alpha')} dev eth1" in both, "of equals the first by name"
    first = say(onggi, "--network", "name=beta,gw-priority=1", "--network", "alpha", "--", *look)
    assert f"default via {gateway(onggi, 'beta')} dev eth0" in first
    with_default = say(onggi, "--network", "beta", "--network", "default", "--", *look)
    assert f"default via {gateway(onggi, 'beta')} dev eth0" in with_default


def test_aliases(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    flags = ("--network", "shop", "--network-alias", "db", "--net-alias", "cache")
    onggi("run", "-d", "--name", "redis", *flags, BUSYBOX, *FOREVER)
    for name in ("redis", "db", "cache"):
        assert say(onggi, "--network", "shop", "--", "ping", "-c1", name).startswith(f"PING {name} (")


def test_host_name_and_domain(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    for network in ("bridge", "shop", "none"):
        flags = ("--network", network, "-h", "web", "--domainname", "example.org")
        assert say(onggi, *flags, "--", "hostname", "-f") == "web.example.org"
        assert "\tweb.example.org web\n" in say(onggi, *flags, "--", "cat", "/etc/hosts") + "\n"
    plain = onggi("run", "-d", "--network", "shop", BUSYBOX, *FOREVER)
    assert onggi("exec", plain, "hostname") == plain[:12]
    assert f"\t{plain[:12]}" in onggi("exec", plain, "cat", "/etc/hosts")


@pytest.mark.parametrize("options", [(), ("--internal",)])
def test_a_server_of_the_host(onggi: Onggi, options: tuple[str, ...]) -> None:
    onggi("network", "create", *options, "shop")
    for network in ("shop", "bridge"):
        with greeter(8123):
            flags = ("--network", network, "--add-host", "host.docker.internal:host-gateway")
            assert say(onggi, *flags, "--", "wget", "-qO-", "http://host.docker.internal:8123/") == "hi"


def test_whom_it_asks_for_names(onggi: Onggi) -> None:
    """On the default network it asks itself; on others who answers there asks in its place."""
    onggi("network", "create", "shop")
    for network in ("bridge", "shop"):
        say(onggi, "--network", network, "--", "true")  # now its bridge has the address
        place = gateway(onggi, network)
        with socket.socket(type=socket.SOCK_DGRAM) as server:
            server.bind((place, 53))
            server.settimeout(60)
            flags = ("--network", network, "--dns", place, "--dns-search", "example.org", "--dns-option", "timeout:1")
            container = onggi("run", "-d", *flags, BUSYBOX, "sh", "-c", "nslookup name.test; sleep 1000.85")
            question = server.recv(1000)
        assert b"\x04name\x04test\x00" in question
        expected = place if network == "bridge" else "127.0.0.11"
        file = onggi("exec", container, "cat", "/etc/resolv.conf")
        assert file == f"nameserver {expected}\nsearch example.org\noptions timeout:1"


def test_names_without_networks(onggi: Onggi) -> None:
    asked = ("--dns", "192.0.2.53", "--dns-search", "example.org")
    look = ("--", "cat", "/etc/resolv.conf")
    assert say(onggi, "--network", "none", *asked, *look) == "nameserver 192.0.2.53\nsearch example.org"
    assert say(onggi, "--network", "none", *look) == ""
    on_host = say(onggi, "--network", "host", *asked, *look).splitlines()
    assert on_host[:2] == ["nameserver 192.0.2.53", "search example.org"]


@pytest.mark.parametrize("network", ["shop", "none"])
def test_the_network_of_another(onggi: Onggi, network: str) -> None:
    """With it go its names; through a third one too."""
    onggi("network", "create", "shop")
    flags = ("--network", network, "-h", "web", "--add-host", "db:192.0.2.9", "--dns", "192.0.2.53")
    onggi("run", "-d", "--name", "web", *flags, BUSYBOX, *FOREVER)
    onggi("run", "-d", "--name", "second", "--network", "container:web", BUSYBOX, *FOREVER)
    look = ("sh", "-c", "hostname; cat /etc/hostname /etc/hosts /etc/resolv.conf; ls /sys/class/net")
    seen = onggi("exec", "web", *look)
    assert onggi("exec", "second", *look) == seen
    assert say(onggi, "--network", "container:second", "--", *look) == seen
    onggi("exec", "second", "sh", "-c", "echo 192.0.2.10 cache >> /etc/hosts")
    assert onggi("exec", "web", "tail", "-n1", "/etc/hosts") == "192.0.2.10 cache"
    onggi("restart", "-t", "0", "second")
    assert onggi("exec", "second", "hostname") == "web"


WRONG = (
    ("--network shup", "network shup not found; did you mean shop?"),
    ("--network shop --network gone", "network gone not found"),
    ("--network shop --network shop", 'network "shop" is specified multiple times'),
    ("--network default --network bridge", 'network "bridge" is specified multiple times'),
    ("--network shop --network host", "cannot attach both user-defined and non-user-defined network-modes"),
    ("--network container:gone", "No such container: gone"),
    ("--network container:", "invalid network mode: invalid container format container:<name|id>"),
    ("--network container:web -p 80:80", "port publishing and the container type network mode"),
    ("--network container:web -P", "port publishing and the container type network mode"),
    ("--network container:web --expose 80", "port exposing and the container type network mode"),
    ("--network container:web -h me", "conflicting options: hostname and the network mode"),
    ("--network container:web --dns 192.0.2.53", "conflicting options: dns and the network mode"),
    ("--network container:web --add-host a:192.0.2.9", "custom host-to-IP mapping and the network mode"),
    ("--network container:web --mac-address 02:42:0a:00:00:01", "mac-address and the network mode"),
    ("--network container:web --ip 10.213.0.9", "user specified IP address is supported on user defined networks"),
    ("--network host --ip 10.213.0.9", "user specified IP address is supported on user defined networks only"),
    ("--network none --network-alias a", "network-scoped alias is supported only for containers in user defined"),
    ("--network host --mac-address 02:42:0a:00:00:01", "conflicting options: mac-address and the network mode"),
    ("--network bridge --network-alias a", "network-scoped alias is supported only for containers in user defined"),
    ("--network bridge --ip 172.17.0.9", "user specified IP address is supported on user defined networks only"),
    ("--network auto --ip 172.18.0.9", "only when connecting to networks with user configured subnets"),
    ("--network shop --ip 10.214.0.9", "no configured subnet contains IP address 10.214.0.9"),
    ("--network shop --ip 10.213.0.1", "Address already in use: 10.213.0.1"),
    ("--network shop --ip 10.213.255.255", "stands for the whole subnet"),
    ("--network old --ip6 fd00:213::9", "the network old has no IPv6, so none can be fd00:213::9"),
    ("--network none --add-host me:host-gateway", "host-gateway and the network mode"),
    ("--network lan --add-host me:host-gateway", "host-gateway and the network mode"),
)


def test_what_cannot_be_makes_nothing(onggi: Onggi) -> None:
    with neighbour():
        for asked in (("auto",), ("--subnet", "10.215.0.0/16", "old"), (*SUBNETS, "shop")):
            onggi("network", "create", *asked)
        onggi("network", "create", "-d", "macvlan", "-o", f"parent={LINK}", "--subnet", "192.0.2.0/24", "lan")
        web = onggi("create", "--name", "web", "--network", "shop", BUSYBOX)
        for flags, words in WRONG:
            said = onggi.fails("run", *flags.split(), "-v", "data:/data", BUSYBOX, "true", code=125)
            assert words in said, flags
            assert "hint: " in said, flags
    assert onggi("ps", "-aq", "--no-trunc") == web
    assert onggi("volume", "ls", "-q") == ""


def test_an_address_of_another_container_is_refused_when_it_starts(onggi: Onggi) -> None:
    onggi("network", "create", *SUBNETS, "shop")
    onggi("create", "--name", "web", "--network", "shop", BUSYBOX)
    for flags, words in (
        ("--ip 10.213.0.2", "Address already in use: 10.213.0.2"),
        ("--mac-address 02:42:0a:d5:00:02", "the MAC address 02:42:0a:d5:00:02 is taken"),
    ):
        asked = ("--name", "late", "--network", "shop", *flags.split())
        assert words in onggi.fails("run", *asked, BUSYBOX, "true", code=125)
        assert onggi("rm", "late") == "late", "as with a port that is taken"
