"""run: what is said of networks, ports and names becomes a request, as Docker reads it."""

from __future__ import annotations

import pytest

from onggi.container.network.port import PortBinding
from onggi.container.spec import DEFAULT_NETWORK, Attachment, Dns, Networking

from .fake import FakeEngine, call


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def asked(engine: FakeEngine, *args: str) -> Networking:
    shown = call(engine, "run", "-d", *args, "busybox")
    assert (shown.err, shown.code) == ("", 0)
    return engine.containers.specs[-1].networking


@pytest.mark.parametrize("network", ["bridge", "default", "shop", "0f" * 32])
def test_a_network_is_asked_for_by_its_name(engine: FakeEngine, network: str) -> None:
    name = DEFAULT_NETWORK if network == "default" else network
    expected = Networking(mode=name, attachments=(Attachment(network=name),))
    assert asked(engine, "--network", network) == asked(engine, f"--net={network}") == expected


@pytest.mark.parametrize("mode", ["none", "host", "container:web"])
def test_or_none_is(engine: FakeEngine, mode: str) -> None:
    assert asked(engine, "--network", mode) == Networking(mode=mode)


def test_what_is_said_of_it_is_of_the_first(engine: FakeEngine) -> None:
    names = "--network shop --net-alias www --network-alias web"
    flags = f"{names} --ip 10.88.0.7 --ip6 fd00:0:0::7 --mac-address 02-42-0A-00-00-07"
    first = Attachment(
        network="shop", aliases=("www", "web"), ipv4="10.88.0.7", ipv6="fd00::7", mac="02:42:0a:00:00:07"
    )
    assert asked(engine, *flags.split()) == Networking(mode="shop", attachments=(first,))
    assert asked(engine, *flags.split(), "--network", "name=db,alias=shop,gw-priority=1") == Networking(
        mode="shop", attachments=(first, Attachment(network="db", aliases=("shop",), priority=1))
    )
    alone = Attachment(network=DEFAULT_NETWORK, mac="02:42:0a:00:00:07")
    assert asked(engine, "--mac-address", "02:42:0a:00:00:07").attachments == (alone,)


def test_fields_of_a_network(engine: FakeEngine) -> None:
    found = asked(engine, "--network", "name=shop,alias=www,ip=10.88.0.7,mac-address=02:42:0a:00:00:07")
    assert found.attachments == (
        Attachment(network="shop", aliases=("www",), ipv4="10.88.0.7", mac="02:42:0a:00:00:07"),
    )


def test_ports(engine: FakeEngine) -> None:
    ports = "8080:80 127.0.0.1::81 [::1]:53:53/udp 7000-7001:70-71 9000-9009:90 8080:80 published=1,target=2"
    assert asked(engine, *(f"--publish={port}" for port in ports.split())).ports == (
        PortBinding(80, "tcp", "", 8080),
        PortBinding(81, "tcp", "127.0.0.1"),
        PortBinding(53, "udp", "::1", 53),
        PortBinding(70, "tcp", "", 7000),
        PortBinding(71, "tcp", "", 7001),
        PortBinding(90, "tcp", "", 9000, 9009),
        PortBinding(2, "tcp", "", 1),
    )
    assert asked(engine, "-P").publishes_all is True


def test_whom_it_asks_for_names(engine: FakeEngine) -> None:
    flags = "--dns 192.0.2.53 --dns=fd00:0::53 --dns-search example.org --dns-search . --dns-opt ndots:2"
    assert asked(engine, *flags.split(), "--dns-option", "rotate").dns == Dns(
        servers=("192.0.2.53", "fd00::53"), search=("example.org", "."), options=("ndots:2", "rotate")
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--network=", "no name set for network"),
        (
            "--network name=shop,alias=a --network-alias b",
            "conflicting options: cannot specify both --network-alias and",
        ),
        (
            "--network name=shop,ip=10.0.0.7 --ip 10.0.0.8",
            "conflicting options: cannot specify both --ip and per-network",
        ),
        ("--network name=shop,ip6=fd00::7 --ip6 fd00::8", "conflicting options: cannot specify both --ip6 and per-"),
        (
            "--network name=shop,mac-address=02:42:0a:00:00:07 --mac-address 02:42:0a:00:00:08",
            "conflicting options: cannot specify both --mac-address and per-network MAC address",
        ),
        ("--network name=shop,colour=red", "invalid field colour=red of --network name=shop,colour=red"),
        (
            "--network name=shop,link-local-ip=169.254.1.1",
            "--network name=shop,link-local-ip=169.254.1.1: link-local-ip",
        ),
        ("--network shop --ip 10.0.0", "invalid address: '10.0.0' is no IP address"),
        ("--network shop --ip fd00::7", "fd00::7 is no address of IPv4"),
        ("--network shop --ip6 10.0.0.7", "10.0.0.7 is no address of IPv6"),
        ("--network shop --mac-address 02:42", "'02:42' is not a valid mac address"),
        ("--network shop --mac-address 01:00:5e:00:00:01", "'01:00:5e:00:00:01' is not a valid mac address: it stands"),
        ("--network shop --network-alias a_b!", "invalid network alias: 'a_b!'"),
        ("--network shop --network shop", 'network "shop" is specified multiple times'),
        ("--network shop --network host", "conflicting options: cannot attach both user-defined and non-user-defined"),
        ("--network host --network-alias a", "network-scoped alias is supported only for containers in user defined"),
        ("--network container:", "invalid network mode: invalid container format container:<name|id>"),
        ("-p 80:80/sctp", "80/sctp can not be published: onggi relays tcp and udp"),
        ("-p 70000:80", "invalid hostPort: 70000"),
        ("-p 80:70000", "invalid containerPort: 70000"),
        ("-p 80:0", "invalid containerPort: 0"),
        ("-p 80:web", "invalid containerPort: web"),
        ("-p 8080:", "no port specified: '8080:'"),
        ("-p 80-90:80-81", "invalid ranges specified for container and host Ports: 80-81 and 80-90"),
        ("-p 90-80:90-80", "invalid containerPort: 90-80"),
        ("-p 80:80/icmp", "invalid proto: icmp in '80:80/icmp'"),
        ("-p 10.0.0.300:80:80", "invalid IP address: 10.0.0.300 in '10.0.0.300:80:80'"),
        ("-p localhost:80:80", "invalid IP address: localhost in 'localhost:80:80'"),
        ("-p published=80,port=80", "invalid publish opts format (unknown 'port' in 'published=80,port=80')"),
        ("-p 80:80 -p 127.0.0.1:80:81", "two ports want the same one of the host: 80:80/tcp and 127.0.0.1:80:81/tcp"),
        ("--dns dns.example.org", "IP address is not correctly formatted: dns.example.org"),
        ("--dns-search a..b", "'a..b' is not a valid domain"),
        ("--link db:", "bad format for links: db:"),
        ("--link-local-ip 169.254.1.1", "there is no --link-local-ip here: addresses are those of a network's subnets"),
    ],
)
def test_what_cannot_be_is_refused_with_125(engine: FakeEngine, flags: str, message: str) -> None:
    shown = call(engine, "run", *flags.split(), "busybox")
    assert shown.err.startswith(f"onggi: {message}"), shown.err
    assert "hint: " in shown.err
    assert shown.code == 125
    assert engine.containers.specs == []


@pytest.mark.parametrize(("text", "address"), [("", ""), ("127.0.0.1", "127.0.0.1"), ("0:0::1", "::1")])
def test_where_ports_are_published(engine: FakeEngine, text: str, address: str) -> None:
    call(engine, "ps", environ={"ONGGI_PUBLISH_DEFAULT_IP": text})
    assert engine.settings is not None
    assert engine.settings.publish_default_ip == address


def test_a_place_that_is_no_address(engine: FakeEngine) -> None:
    shown = call(engine, "ps", environ={"ONGGI_PUBLISH_DEFAULT_IP": "localhost"})
    assert shown.err.startswith(
        "onggi: ONGGI_PUBLISH_DEFAULT_IP is 'localhost', which is no IP address\nhint: 127.0.0.1"
    )
    assert shown.code == 1


def test_what_the_kernel_refuses_is_no_exit_code_of_the_command(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*args: object) -> int:
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(engine.containers, "start", start)
    shown = call(engine, "run", "-d", "busybox")
    assert (shown.err, shown.code) == ("onggi: Cannot assign requested address\n", 125)
