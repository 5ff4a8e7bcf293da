"""Published ports, as the host, its neighbours and other containers meet them."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from onggi.container.network import rules
from onggi.container.network.port import PortBinding
from onggi.container.spec import ContainerSpec, Networking, Process
from onggi.errors import Conflict
from onggi.linux import netns, nft
from onggi.linux.inside import Inside

from . import leavings
from .conftest import BUSYBOX, Onggi
from .neighbour import OURS, OURS6, fetch, neighbour

FOREVER = ("sleep", "1000.75")
SAYS_HI = "mkdir /w; echo hi >/w/index.html; exec httpd -f -p 80 -h /w"


def serve(onggi: Onggi, name: str, *flags: str) -> None:
    """A container that says hi at its port 80, and does so when this returns."""
    onggi("run", "-d", "--name", name, "--network", "bridge", *flags, BUSYBOX, "sh", "-c", SAYS_HI)
    onggi("exec", name, "sh", "-c", "until wget -qO- 127.0.0.1:80; do sleep 0.02; done")


def idle(onggi: Onggi, name: str, *flags: str) -> str:
    """A container in whose network the test itself listens; its ID."""
    return onggi("run", "-d", "--name", name, *flags, BUSYBOX, *FOREVER)


@contextmanager
def inside(onggi: Onggi, container: str) -> Iterator[None]:
    """In its network namespace."""
    namespace = netns.hold(str(onggi.root / "containers" / container / "netns"))
    try:
        with Inside("network", namespace):
            yield
    finally:
        os.close(namespace)


def listener(onggi: Onggi, container: str, port: int, kind: int = socket.SOCK_STREAM) -> socket.socket:
    with inside(onggi, container):
        listening = socket.socket(socket.AF_INET, kind)
        listening.bind(("0.0.0.0", port))
        if kind == socket.SOCK_STREAM:
            listening.listen()
    listening.settimeout(60)
    return listening


def is_connected(listening: socket.socket, address: str, port: int) -> bool:
    """Whether a byte that is sent there comes out here."""
    with socket.create_connection((address, port), timeout=60) as client:
        client.sendall(b"x")
        accepted, _ = listening.accept()
        with accepted:
            return accepted.recv(1) == b"x"


def ports(onggi: Onggi, name: str) -> dict[str, str]:
    """`80/tcp at 0.0.0.0` → the host's port."""
    found = json.loads(onggi("inspect", "-f", "{{json .NetworkSettings.Ports}}", name))
    return {
        f"{private} at {place['HostIp']}": place["HostPort"]
        for private, places in found.items()
        for place in places or ()
    }


def gateway(onggi: Onggi, network: str = "bridge") -> str:
    return onggi("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network)


def holder(port: int, address: str = "0.0.0.0") -> socket.socket:
    """A process of the host that listens there: ours."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((address, port))
    listening.listen()
    return listening


def test_from_the_host_its_neighbours_and_other_containers(onggi: Onggi) -> None:
    with neighbour() as other_host:
        serve(onggi, "web", "-p", "8080:80")
        bridge = gateway(onggi)
        for place in ("127.0.0.1", "127.1.2.3", bridge, OURS, "[::1]", f"[{OURS6}]"):
            assert fetch(f"http://{place}:8080/") == "hi\n", f"from the host, at {place}"
        for place in (OURS, f"[{OURS6}]"):
            assert other_host.fetch(f"http://{place}:8080/") == "hi\n", f"from another host, at {place}"
        onggi("network", "create", "shop")
        for network in ("bridge", "shop"):
            for place in (OURS, bridge):
                said = onggi("run", "--rm", "--network", network, BUSYBOX, "wget", "-qO-", f"http://{place}:8080/")
                assert said == "hi", f"from a container in {network}, at {place}"
        assert onggi("exec", "web", "wget", "-qO-", f"http://{OURS}:8080/") == "hi", "from itself"
        assert fetch("http://127.0.0.1:80/") == "", "its own port is none of the host"


def test_an_address_of_the_host(onggi: Onggi) -> None:
    with neighbour() as other_host:
        serve(onggi, "web", "-p", "127.0.0.1:8080:80", "-p", "[::1]:8080:80", "-p", f"{OURS}:8081:80")
        assert fetch("http://127.0.0.1:8080/") == fetch("http://[::1]:8080/") == "hi\n"
        assert fetch(f"http://{OURS}:8080/") == fetch(f"http://[{OURS6}]:8080/") == ""
        assert other_host.fetch(f"http://{OURS}:8080/") == ""
        assert other_host.fetch(f"http://{OURS}:8081/") == "hi\n"
        assert fetch("http://127.0.0.1:8081/") == ""


def test_ports_that_are_free(onggi: Onggi) -> None:
    expose = ("--expose", "70-71", "--expose", "53/udp")
    container = idle(onggi, "web", "--network", "bridge", "-P", *expose, "-p", "127.0.0.1::72", "-p", "73")
    found = ports(onggi, "web")
    families = ("0.0.0.0", "::")
    private = [f"{port} at {address}" for port in ("70/tcp", "71/tcp", "53/udp", "73/tcp") for address in families]
    assert set(found) == {*private, "72/tcp at 127.0.0.1"}
    for port in ("70/tcp", "73/tcp"):
        assert found[f"{port} at 0.0.0.0"] == found[f"{port} at ::"], "one number at both families"
    for number in (71, 73):
        with listener(onggi, container, number) as listening:
            assert is_connected(listening, "127.0.0.1", int(found[f"{number}/tcp at 0.0.0.0"]))
    with listener(onggi, container, 72) as listening:
        assert is_connected(listening, "127.0.0.1", int(found["72/tcp at 127.0.0.1"]))


def test_ranges(onggi: Onggi) -> None:
    with holder(9000):
        flags = ("-p", "127.0.0.1:7000-7002:70-72", "-p", "9000-9009:90", "--publish=published=9100,target=91")
        container = idle(onggi, "web", "--network", "bridge", *flags)
    found = ports(onggi, "web")
    assert [found[f"{port}/tcp at 127.0.0.1"] for port in (70, 71, 72)] == ["7000", "7001", "7002"]
    assert (found["90/tcp at 0.0.0.0"], found["91/tcp at ::"]) == ("9001", "9100")
    for port in range(3):
        with listener(onggi, container, 70 + port) as listening:
            assert is_connected(listening, "127.0.0.1", 7000 + port)


def test_datagrams(onggi: Onggi) -> None:
    container = idle(onggi, "dns", "--network", "bridge", "-p", "127.0.0.1:5353:53/udp")
    with listener(onggi, container, 53, socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(60)
        for _ in range(2):
            client.sendto(b"who is it?", ("127.0.0.1", 5353))
            said, sender = server.recvfrom(100)
            assert said == b"who is it?"
            server.sendto(b"me", sender)
            assert client.recvfrom(100) == (b"me", ("127.0.0.1", 5353))


def made_for(onggi: Onggi, name: str) -> list[str]:
    """What there is of the network of a container, beside its row."""
    container = onggi("inspect", "-f", "{{.Id}}", name)
    home: Path = onggi.root / "containers" / container
    listed = [nft.listing(table) for _, table in leavings.tables() if table.startswith(rules.PREFIX)]
    led = [f"{each.address}:{each.port}" for table in listed for each in rules.published(table)]
    return sorted(led + [path.name for path in home.iterdir() if path.is_fifo() or path.name == "netns"])


def test_a_port_that_a_process_has(onggi: Onggi) -> None:
    with holder(8080, "127.0.0.1"):
        said = onggi.fails("run", "-d", "--name", "web", "-p", "8080:80", "--network", "bridge", BUSYBOX, code=125)
        assert "port is already allocated: 0.0.0.0:8080/tcp is taken by " in said
        assert f"(process {os.getpid()})" in said
        hint = "hint: take another: -p 8081:80; -p 80 takes any that is free"
        assert f"{hint}; `onggi rm web` before, for web is there, as created" in said
        with holder(8081, "127.0.0.1"):
            assert "hint: take another: -p 8082:80; " in onggi.fails("start", "web")
        assert onggi("inspect", "-f", "{{.State.Status}}", "web") == "created"
        assert made_for(onggi, "web") == []
        again = onggi.fails("start", "web")
        assert f"(process {os.getpid()})" in again
    onggi("start", "web")
    assert onggi("wait", "web") == "0"


def test_a_port_that_a_container_has(onggi: Onggi) -> None:
    idle(onggi, "shop", "--network", "bridge", "-p", "127.0.0.1:8080:80")
    onggi("network", "create", "other")
    for wanted in ("127.0.0.1:8080:81", "8080:80"):
        flags = ("--name", "web", "--network", "other", "-p", "8081:81", "-p", wanted)
        said = onggi.fails("run", "-d", *flags, BUSYBOX, *FOREVER, code=125)
        assert "8080/tcp is taken by the container shop" in said
        assert made_for(onggi, "web") == ["127.0.0.1:8080"], "only what the other one has"
        holder(8081).close()
        onggi("rm", "web")
    idle(onggi, "dns", "--network", "bridge", "-p", "127.0.0.1:8080:80/udp")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("-p 192.0.2.77:8080:80", "no address of this host is 192.0.2.77"),
        ("-p [2001:db8::77]:8080:80", "no address of this host is 2001:db8::77"),
    ],
)
def test_an_address_that_the_host_does_not_have(onggi: Onggi, flags: str, words: str) -> None:
    said = onggi.fails("run", "--name", "web", "--network", "bridge", *flags.split(), BUSYBOX, code=125)
    assert words in said
    assert onggi("inspect", "-f", "{{.State.Status}}", "web") == "created"
    assert made_for(onggi, "web") == []


def test_no_port_of_a_range_is_free(onggi: Onggi) -> None:
    with holder(9000), holder(9001):
        said = onggi.fails("run", "--network", "bridge", "-p", "9000-9001:90", BUSYBOX, code=125)
    assert "no port of this host is free in 9000-9001 for 90/tcp" in said


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("-p 80:80 -p 127.0.0.1:80:81", "two ports want the same one of the host"),
        ("-p 70000:80", "invalid hostPort: 70000"),
        ("-p 80:80/sctp", "80/sctp can not be published: onggi relays tcp and udp"),
        ("-P --expose 80/sctp", "80/sctp can not be published"),
    ],
)
def test_what_cannot_be_makes_no_container(onggi: Onggi, flags: str, words: str) -> None:
    assert words in onggi.fails("run", "--network", "bridge", *flags.split(), BUSYBOX, code=125)
    assert onggi("ps", "-aq") == ""


def test_a_restart_keeps_the_port_that_was_named(onggi: Onggi) -> None:
    container = idle(onggi, "web", "--network", "bridge", "-p", "8080:80", "-p", "127.0.0.1::81")
    onggi("restart", "-t", "0", "web")
    found = ports(onggi, "web")
    assert found["80/tcp at 0.0.0.0"] == "8080"
    for port, published in ((80, 8080), (81, int(found["81/tcp at 127.0.0.1"]))):
        with listener(onggi, container, port) as listening:
            assert is_connected(listening, "127.0.0.1", published)


def test_a_stopped_container_has_no_port(onggi: Onggi) -> None:
    idle(onggi, "web", "--network", "bridge", "-p", "8080:80", "-p", "53:53/udp")
    for end in (("stop", "-t", "0"), ("kill",), ("rm", "-f")):
        onggi("start", "web")
        onggi(*end, "web")
        if end[0] == "kill":
            onggi("wait", "web")
        holder(8080).close()
        with closing(socket.socket(type=socket.SOCK_DGRAM)) as datagrams:
            datagrams.bind(("0.0.0.0", 53))


def test_where_ports_without_an_address_are(onggi: Onggi) -> None:
    """Who sets it is kept to it by those who do not know of it."""
    loopback = {"ONGGI_PUBLISH_DEFAULT_IP": "127.0.0.1"}
    flags = ("--network", "bridge", "-P", "--expose", "81", "-p", "8080:80", "-p", "0.0.0.0:8081:80")
    onggi("create", "--name", "web", *flags, BUSYBOX, *FOREVER, env=loopback)
    expected = {"80/tcp at 127.0.0.1", "80/tcp at 0.0.0.0", "81/tcp at 127.0.0.1"}
    onggi("start", "web")
    assert set(ports(onggi, "web")) == expected
    onggi("restart", "-t", "0", "web", env={"ONGGI_PUBLISH_DEFAULT_IP": "127.0.0.2"})
    assert set(ports(onggi, "web")) == {each.replace("127.0.0.1", "127.0.0.2") for each in expected}
    onggi("network", "create", "-o", "com.docker.network.bridge.host_binding_ipv4=127.0.0.3", "shop")
    onggi("run", "-d", "--name", "shop", "--network", "shop", "-p", "8080:80", BUSYBOX, *FOREVER, env=loopback)
    assert set(ports(onggi, "shop")) == {"80/tcp at 127.0.0.3"}


def test_through_the_first_network_that_leads_out(onggi: Onggi) -> None:
    onggi("network", "create", "--internal", "backend")
    onggi("network", "create", "shop")
    container = idle(onggi, "web", "--network", "backend", "--network", "shop", "-p", "127.0.0.1:8080:80")
    with listener(onggi, container, 80) as listening:
        assert is_connected(listening, "127.0.0.1", 8080)


@pytest.mark.parametrize(
    ("network", "reason"),
    [("none", "none network mode"), ("host", "host network mode"), ("backend", "only internal and macvlan networks")],
)
def test_nothing_is_published_without_a_network_that_leads_out(onggi: Onggi, network: str, reason: str) -> None:
    onggi("network", "create", "--internal", "backend")
    done = onggi.run("run", "-d", "--name", "web", "--network", network, "-p", "8080:80", BUSYBOX, *FOREVER)
    assert done.returncode == 0
    assert done.stderr.decode() == f"WARNING: Published ports are discarded when using {reason}\n"
    holder(8080).close()


def test_from_python(onggi: Onggi) -> None:
    process = Process(command=FOREVER)
    wanted = Networking(mode="bridge", ports=(PortBinding(80, host_ip="127.0.0.1", host_port=8080),))
    with onggi.engine() as engine:
        web = engine.containers.create(ContainerSpec(image=BUSYBOX, process=process, networking=wanted), "web")
        engine.containers.start(web)
        with listener(onggi, web, 80) as listening:
            assert is_connected(listening, "127.0.0.1", 8080)
        other = engine.containers.create(ContainerSpec(image=BUSYBOX, process=process, networking=wanted), "other")
        with pytest.raises(Conflict, match=r"allocated: 127\.0\.0\.1:8080/tcp is taken by the container web"):
            engine.containers.start(other)
        engine.containers.stop(web, timeout=0)
        engine.containers.start(other)
    assert ports(onggi, "other") == {"80/tcp at 127.0.0.1": "8080"}
