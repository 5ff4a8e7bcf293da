"""A host without nftables: containers of the default network have a way out by pasta or slirp4netns. Here nft is hidden
in a mount namespace, and the host has one neighbour, without whom there is no way out."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.linux import netns
from onggi.linux.inside import Inside
from onggi.linux.netlink import Netlink, addresses, links, routes

from .conftest import PROGRAM, Onggi

HERE, THERE = "198.51.100.7", "198.51.100.1"
NFT, PASTA, SLIRP = "/usr/sbin/nft", "/usr/bin/pasta", "/usr/bin/slirp4netns"
SERVE = "mkdir -p /w; echo hello > /w/index.html; exec httpd -f -p 80 -h /w"


class Host:
    """The program where some files of this machine are not there."""

    def __init__(self, onggi: Onggi, *hidden: str) -> None:
        self.onggi = onggi
        self._mounts = "".join(f"mount --bind /dev/null {path} && " for path in hidden)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = ["unshare", "--mount", "sh", "-c", f'{self._mounts}exec {PROGRAM} --root {self.onggi.root} "$@"', "sh"]
        return subprocess.run([*argv, *words], capture_output=True, text=True, timeout=240)

    def __call__(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def neighbour() -> Iterator[int]:
    """Its network namespace. It serves a file at port 7000."""
    namespace = netns.new()
    with Netlink() as here, Netlink(namespace) as there:
        links.add_veth(here, "out", "in", namespace)
        for netlink, link, address in ((here, "out", f"{HERE}/24"), (there, "in", f"{THERE}/24")):
            addresses.add(netlink, link, address)
            links.set_up(netlink, link)
        routes.replace(here, "out", "0.0.0.0/0", THERE)
        with Inside("network", namespace):
            server = subprocess.Popen(["busybox", "httpd", "-f", "-p", "7000", "-h", str(Path(__file__).parent)])
        try:
            yield namespace
        finally:
            server.kill()
            server.wait()
            links.delete(here, "out")
            os.close(namespace)


def fetch(address: str, namespace: int | None = None) -> str:
    argv = ["curl", "-s", "-m", "20", f"http://{address}/"]
    if namespace is None:
        return subprocess.run(argv, capture_output=True, text=True).stdout.strip()
    with Inside("network", namespace):
        return subprocess.run(argv, capture_output=True, text=True).stdout.strip()


def processes(*words: str) -> list[int]:
    """Whose command line begins with one of the programs, or has the container's name after a companion's."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace").replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if all(word in line for word in words):
            found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize(("program", "hidden"), [("pasta", (NFT,)), ("slirp4netns", (NFT, PASTA))])
def test_a_way_out_in_user_space(onggi: Onggi, neighbour: int, program: str, hidden: tuple[str, ...]) -> None:
    host, home = Host(onggi, *hidden), str(onggi.root)
    started = host.run(
        "run", "-d", "--name", "web", "-p", "8080:80", "-p", "127.0.0.1:8081:80", "busybox:1.35", "sh", "-c", SERVE
    )
    assert started.returncode == 0, started.stderr
    assert f"web is on the network by {program}, without other containers: " in started.stderr
    assert "the program nft is not installed" in started.stderr
    eventually(lambda: fetch("127.0.0.1:8080") == fetch("127.0.0.1:8081") == "hello")
    assert fetch(f"{HERE}:8080", neighbour) == "hello"
    assert fetch(f"{HERE}:8081", neighbour) == ""
    address = host("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "web")
    assert f"inet {address}/" in host("exec", "web", "ip", "-4", "-o", "addr", "show", "eth0")
    out = host("exec", "web", "wget", "-q", "-O", "-", f"http://{THERE}:7000/test_uplink.py")
    assert out.splitlines()[0].startswith('"""A host without nftables')
    with onggi.engine() as engine:
        assert engine.system.check() == []
    assert len(processes(program, home)) == 1
    host("rm", "-f", "web")
    eventually(lambda: processes(program, home) == [])
    assert fetch("127.0.0.1:8080") == ""


def test_who_is_killed_leaves_nothing_or_is_replaced(onggi: Onggi, neighbour: int) -> None:
    host, home = Host(onggi, NFT), str(onggi.root)
    host("run", "-d", "--name", "killed-uplink", "-p", "8080:80", "busybox:1.35", "sh", "-c", SERVE)
    eventually(lambda: fetch("127.0.0.1:8080") == "hello")
    (program,) = processes("pasta", home)
    (minder,) = processes("onggi-uplink", "killed-uplink")
    os.kill(minder, signal.SIGKILL)
    eventually(lambda: processes("pasta", home) not in ([], [program]))
    eventually(lambda: fetch("127.0.0.1:8080") == "hello")
    first = int(host("inspect", "-f", "{{.State.Pid}}", "killed-uplink"))
    monitor = int(Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(monitor, signal.SIGKILL)
    eventually(lambda: processes("pasta", home) + processes("onggi-uplink", "killed-uplink") == [])
    assert fetch("127.0.0.1:8080") == ""
    host("start", "killed-uplink")
    eventually(lambda: fetch("127.0.0.1:8080") == "hello")


def test_who_mends_starts_the_program_that_there_was(onggi: Onggi, neighbour: int) -> None:
    """Whatever else is installed by now: another one would make another link."""
    host, home = Host(onggi, NFT, PASTA), str(onggi.root)
    host("run", "-d", "--name", "mended-uplink", "busybox:1.35", "sleep", "1000.87")
    (first,) = processes("slirp4netns", home)
    (minder,) = processes("onggi-uplink", "mended-uplink")
    os.kill(minder, signal.SIGKILL)
    eventually(lambda: first not in processes("slirp4netns", home))
    eventually(lambda: Host(onggi, NFT).run("network", "mend").returncode == 0)  # once the kernel has removed the link
    eventually(lambda: len(processes("slirp4netns", home)) == 1)
    assert processes("pasta", home) == []
    host("rm", "-f", "mended-uplink")
    host("run", "-d", "--name", "gone-uplink", "busybox:1.35", "sleep", "1000.87")
    (minder,) = processes("onggi-uplink", "gone-uplink")
    os.kill(minder, signal.SIGKILL)
    eventually(lambda: processes("slirp4netns", home) == [])
    refused = Host(onggi, NFT, SLIRP).run("network", "mend")
    if refused.returncode:  # else its monitor, which has the program, was quicker
        assert "slirp4netns, which gave the container its way out, is not installed" in refused.stderr
    host("rm", "-f", "gone-uplink")
    eventually(lambda: processes("slirp4netns", home) == [])


def test_networks_of_ones_own_need_a_bridge(onggi: Onggi, neighbour: int) -> None:
    host = Host(onggi, NFT)
    host("network", "create", "shop")
    refused = host.run("run", "--rm", "--network", "shop", "busybox:1.35", "true")
    assert refused.returncode == 125
    assert "the program nft is not installed" in refused.stderr
    assert "install the package nftables" in refused.stderr
    host("run", "-d", "--name", "lone", "busybox:1.35", "sleep", "1000.42")
    refused = host.run("network", "connect", "shop", "lone")
    assert "which cannot change while it runs" in refused.stderr
    refused = Host(onggi, NFT, PASTA, "/usr/bin/slirp4netns").run("run", "--rm", "busybox:1.35", "true")
    assert refused.returncode == 125
    assert "the package passt would do for the default network" in refused.stderr


def test_without_a_way_of_the_hosts_there_is_none(onggi: Onggi) -> None:
    refused = Host(onggi, NFT).run("run", "--rm", "--name", "lost", "busybox:1.35", "true")
    assert refused.returncode == 125
    assert "pasta gives lost no way out; it says: " in refused.stderr
