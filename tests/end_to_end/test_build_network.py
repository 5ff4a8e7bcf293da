"""The network of RUN steps: the default one, a namespace for each that runs at a time, and nothing of it afterwards."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.linux.netlink import Netlink, links

from .conftest import PROGRAM, Context, Onggi

BASE = "FROM busybox:1.35\n"


def read(onggi: Onggi, image: str, *paths: str) -> list[str]:
    """Files of the image."""
    return [onggi("run", "--rm", "--network", "none", image, "cat", path) for path in paths]


def pairs() -> list[str]:
    """Links to steps and containers."""
    with Netlink() as netlink:
        return [link.name for link in links.every(netlink) if link.kind == "veth"]


def masked(onggi: Onggi, files: Mapping[str, Path], *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The program, where other files are in the place of some of this machine's."""
    mounts = "".join(f"mount --bind {file} {path} && " for path, file in files.items())
    script = f'{mounts}exec {PROGRAM} --root {onggi.root} "$@"'
    argv = ["unshare", "--mount", "sh", "-c", script, "sh", *map(str, words)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def test_steps_are_on_the_default_network(onggi: Onggi, context: Context) -> None:
    with onggi.engine() as engine:
        (subnet,) = engine.networks.rows.get("bridge").subnets
    image = onggi.build(
        context(
            f"{BASE}RUN ls /sys/class/net > /links; ip -4 -o addr show eth0 > /address; ip route > /routes\n"
            "RUN grep host /etc/hosts > /hosts; cat /etc/resolv.conf > /servers; ping -c 1 -w 20 host > /pong\n"
        ),
        *("--add-host", "host:host-gateway"),
    )
    found, address, routes, hosts, servers = read(onggi, image, "/links", "/address", "/routes", "/hosts", "/servers")
    assert found.split() == ["eth0", "lo"]
    (own,) = (word for word in address.split() if "/" in word)
    assert ip_address(own.partition("/")[0]) in ip_network(subnet.network)
    assert f"default via {subnet.gateway} dev eth0" in routes
    assert hosts.split()[-2:] == [subnet.gateway, "host"]
    asked = [line.split()[1] for line in Path("/etc/resolv.conf").read_text().splitlines() if "nameserver" in line]
    assert [line.split()[1] for line in servers.splitlines() if "nameserver" in line] == [
        server for server in asked if not server.startswith(("127.", "::1"))
    ]


def test_steps_at_one_time_have_a_namespace_each_and_later_ones_take_it_over(onggi: Onggi, context: Context) -> None:
    meet = (
        "RUN --mount=type=cache,target=/meeting touch /meeting/{0};"
        " until [ -e /meeting/{1} ]; do sleep 0.02; done; readlink /proc/self/ns/net > /{0}\n"
        "RUN readlink /proc/self/ns/net > /{0}-later\n"
    )
    image = onggi.build(
        context(
            f"{BASE.replace(chr(10), ' AS one')}\n{meet.format('a', 'b')}"
            f"{BASE.replace(chr(10), ' AS other')}\n{meet.format('b', 'a')}"
            f"{BASE}COPY --from=one /a /a-later /\nCOPY --from=other /b /b-later /\n"
            "RUN readlink /proc/self/ns/net > /last\n"
            "RUN --security=insecure readlink /proc/self/ns/net > /insecure\n"
            "RUN readlink /proc/self/ns/net > /after\n"
            "RUN --network=none readlink /proc/self/ns/net > /none; ls /sys/class/net > /none-links\n"
        ),
        *("--jobs", "2", "--allow", "security.insecure"),
    )
    a, b, a_later, b_later, last, insecure, after, none, none_links = read(
        onggi, image, "/a", "/b", "/a-later", "/b-later", "/last", "/insecure", "/after", "/none", "/none-links"
    )
    assert a != b
    both = {a, b}
    assert {a_later, b_later, last, after} <= both
    assert after != insecure, "what may change its namespace leaves it to nobody"
    assert none not in both
    assert none_links == "lo"
    eventually(lambda: pairs() == [])


def test_a_build_that_is_killed_leaves_nothing(onggi: Onggi, context: Context) -> None:
    process = onggi.start("build", context(f"{BASE}RUN sleep 1000.125\n"))
    eventually(lambda: len(pairs()) == 1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    eventually(lambda: pairs() == [])
    image = onggi.build(context(f"{BASE}RUN ip -4 -o addr show eth0 > /address\n"))
    with onggi.engine() as engine:
        (subnet,) = engine.networks.rows.get("bridge").subnets
        assert engine.system.check() == []
    assert f"{ip_network(subnet.network)[2]}/" in read(onggi, image, "/address")[0], "its address is free again"


@pytest.mark.parametrize("why", ["nft", "servers"])
def test_where_it_cannot_be_had_it_is_the_hosts_with_a_note(
    onggi: Onggi, context: Context, tmp_path: Path, why: str
) -> None:
    own = tmp_path / "resolv.conf"
    own.write_text("nameserver 127.0.0.1\n")
    files, said = {
        "nft": ({"/usr/sbin/nft": Path("/dev/null")}, "the program nft is not installed"),
        "servers": ({"/etc/resolv.conf": own}, "its name server 127.0.0.1 cannot be asked from another one"),
    }[why]
    folder = context(f"{BASE}RUN readlink /proc/self/ns/net > /one\nRUN ls /sys/class/net > /links\n")
    done = masked(onggi, files, "build", "-t", "shop", folder)
    (note,) = (line for line in done.stderr.splitlines() if line.startswith("warning: "))
    assert note.startswith("warning: RUN steps have the host's network: ")
    assert said in note
    one, found = read(onggi, "shop", "/one", "/links")
    assert one == str(Path("/proc/self/ns/net").readlink())
    assert "eth0" not in found.split()
    if why == "nft":
        with Netlink() as netlink:
            assert [link.name for link in links.every(netlink)] == ["lo"], "no half a bridge"
    again = masked(onggi, {}, "build", folder)
    assert "warning" not in again.stderr
    assert "done in" not in again.stderr, "what a step is on is no part of its key"


def test_who_asks_for_the_hosts_has_to_be_let(onggi: Onggi, context: Context) -> None:
    folder = context(f"{BASE}RUN --network=host readlink /proc/self/ns/net > /one\n")
    assert "RUN --network=host is not allowed" in onggi.fails("build", folder)
    for word in ("--allow=network.host", "--network=host"):
        (one,) = read(onggi, onggi.build(folder, word, "--no-cache"), "/one")
        assert one == str(Path("/proc/self/ns/net").readlink())


def test_a_build_that_is_kept_makes_nothing(onggi: Onggi, context: Context) -> None:
    folder = context(f"{BASE}RUN true\n")
    onggi.build(folder, "--network", "default")
    with onggi.engine() as engine:
        bridge = engine.networks.rows.get("bridge").bridge
    with Netlink() as netlink:
        links.delete(netlink, bridge)
        onggi.build(folder)
        assert links.find(netlink, bridge) is None
