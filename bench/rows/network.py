"""What a network adds to the start of a container; how quick ports and names are, alone and with many containers."""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.isolation import namespace
from bench.measure import Measurement, Work, command, take_turns, timed
from bench.peers import NO_NETWORK, Tool
from bench.ring import Ring
from bench.rows.containers import monitor_of, pid_of, processes, pss
from bench.rows.fleet import at_once
from onggi.linux.inside import Inside, open_namespace
from onggi.linux.netlink import Netlink, addresses, links

FLEET = 200
QUESTIONS = 1000
MORE = 0.06
"""Seconds that a network and a port may add to a start."""
SHARE = 0.8
"""Of loopback's throughput, that a published port has to have."""

_NETWORK = "bench-network"
_PORT = 8080
_PORTED = ("--network", "bridge", "-p", f"{_PORT}:80")
_WEB = ("busybox:1.35", "httpd", "-f", "-p", "80")
_PAIR = ("unshare", "--net", "ip", "link", "add", "type", "veth")
_IPERF, _GIGABYTES = "iperf3:3", 16
_HERE, _THERE = "192.0.2.1", "192.0.2.2"
"""Addresses of this host and of another, with a pair of links between them."""
_RESOLVER = ("127.0.0.11", 53)
_ECHO = """
import socket
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("127.0.0.1", 0))
print(peer.getsockname()[1], flush=True)
while True:
    peer.sendto(*peer.recvfrom(4096))
"""


def started(ring: Ring) -> Measurement:
    """Until somebody answers at the port; without a network, until it runs."""

    def work(tool: Tool, options: Sequence[str]) -> Work | None:
        start = tool.start("bench-web", *options, *_WEB)
        if start is None:
            return None
        return lambda: _start(start, tool.remove("bench-web"), is_ported=options is _PORTED)

    return _more(ring, "run -d with a port, until it answers, more than with no network", work)


def run_true(ring: Ring) -> Measurement:
    def work(tool: Tool, options: Sequence[str]) -> Work | None:
        argv = tool.run("true", options=options)
        return timed(*argv) if argv else None

    return _more(ring, "run --rm IMAGE true with a port, more than with no network", work)


def published(ring: Ring) -> Measurement:
    """Of the host itself, whose connections do not pass the port keeper."""
    with _iperf_servers(ring) as ports:
        works = {who: _iperf("127.0.0.1", port) for who, port in ports.items()}
        series = take_turns(works, ring.runs)
    return Measurement(
        f"{_GIGABYTES} GB by TCP to a published port",
        "s",
        series,
        "limit",
        lambda limit: limit / SHARE,
        f"limit: the same without a container; must: {SHARE:.0%} of its throughput",
    )


def relayed(ring: Ring) -> Measurement:
    with _iperf_servers(ring) as ports, _other_host() as other:
        works = {who: _from(other, _iperf(_HERE, port)) for who, port in ports.items()}
        series = take_turns(works, ring.runs)
    note = (
        "limit: the same without a container, over a pair of links; podman leads packets on, behind the host's firewall"
    )
    return Measurement("the same from another host", "s", series, "limit", None, note)


def looked_up(ring: Ring) -> Measurement:
    """One after the other, from within a container."""
    onggi = ring.onggi.command()
    with _members(ring, 1) as (name,), _echo() as echo:
        inside = open_namespace(f"/proc/{pid_of(onggi, name)}", "network")
        works: dict[str, Work] = {
            "limit": lambda: _questions(echo, [name] * QUESTIONS),
            "onggi": _from(inside, lambda: _questions(_RESOLVER, [name] * QUESTIONS, is_answered=True)),
        }
        series = take_turns(works, ring.runs)
        os.close(inside)
    note = "limit: as many datagrams to an echo in Python, and back"
    return Measurement(f"{QUESTIONS:,} names looked up in a container", "s", series, "limit", 1.0, note)


def fleet_started(ring: Ring) -> Measurement:
    """With a port each, until the names of all are known to one of them."""
    limit = at_once([_PAIR] * FLEET)
    onggi = ring.onggi.command()
    start = time.perf_counter()
    with _members(ring, FLEET, "-p", "80") as names:
        inside = open_namespace(f"/proc/{pid_of(onggi, names[0])}", "network")
        with Inside("network", inside):
            asked = _questions(_RESOLVER, names, is_answered=True)
        os.close(inside)
        seconds = time.perf_counter() - start
    return Measurement(
        f"{FLEET} containers in a network, with a port each, started at once",
        "s",
        {"limit": [limit], "onggi": [seconds]},
        "limit",
        FLEET * (0.1 + MORE),
        f"limit: unshare with a pair of links; the names of all are asked for at the end, in {asked:.2f} s",
    )


def fleet_memory(ring: Ring) -> Measurement:
    onggi = ring.onggi.command()
    with _members(ring, FLEET, "-p", "80") as names:
        time.sleep(1)
        monitors = statistics.median(pss(monitor_of(onggi, name)) for name in names)
        keepers = statistics.median(map(pss, _companions("onggi-ports")))
        resolver = sum(map(pss, _companions("onggi-names")))
    return Measurement(
        "memory of each of them",
        "MB",
        {"limit": [0.0], "onggi": [monitors + keepers + resolver / FLEET]},
        "limit",
        None,
        f"PSS: monitor {monitors:.1f}, port keeper {keepers:.1f}, the network's resolver {resolver:.1f} for all",
    )


def _more(ring: Ring, name: str, work: Callable[[Tool, Sequence[str]], Work | None]) -> Measurement:
    """What `work` takes with a port on a network, less what it takes with neither."""
    works: dict[str, Work] = {"limit": timed(*_PAIR)}
    for tool in ring.tools:
        without, with_port = work(tool, NO_NETWORK), work(tool, _PORTED)
        if without and with_port:
            works |= {f"{tool.name} none": without, tool.name: with_port}
    series = take_turns(works, ring.runs)
    less = {who: f"{who} none" for who in series if f"{who} none" in series}
    more = {who: [took - base for took, base in zip(series[who], series[less[who]], strict=True)] for who in less}
    return Measurement(
        name, "s", {"limit": series["limit"]} | more, "limit", MORE, "limit: unshare and a pair of links"
    )


def _start(start: Sequence[str], remove: Sequence[str], *, is_ported: bool) -> float:
    began = time.perf_counter()
    command(*start)
    while is_ported and not _has_answered():
        time.sleep(0.001)
    seconds = time.perf_counter() - began
    command(*remove)
    return seconds


def _has_answered() -> bool:
    """Whether there is a web server behind the port."""
    try:
        with socket.create_connection(("127.0.0.1", _PORT), timeout=5) as peer:
            peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return peer.recv(4) == b"HTTP"
    except ConnectionError:
        return False


@contextmanager
def _iperf_servers(ring: Ring) -> Iterator[dict[str, int]]:
    """The ports of one on the host, and one of each tool's in a container."""
    _make_iperf_image(ring)
    ports = {"limit": 5201}
    with ExitStack() as undo:
        on_host = subprocess.Popen(["iperf3", "-s", "-p", "5201"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        undo.callback(on_host.wait)
        undo.callback(on_host.terminate)
        for tool in ring.tools:
            port = 5201 + len(ports)
            options = ("--network", "bridge", "-p", f"{port}:5201")
            if start := tool.start("bench-iperf", *options, _IPERF, "/usr/bin/iperf3", "-s"):
                command(*start)
                undo.callback(command, *tool.remove("bench-iperf"))
                ports[tool.name] = port
        time.sleep(1)
        yield ports


def _iperf(address: str, port: int) -> Work:
    return timed("iperf3", "-c", address, "-p", str(port), "-n", f"{_GIGABYTES}G")


def _make_iperf_image(ring: Ring) -> None:
    """Of this host's iperf3 and its libraries, once."""
    archive = ring.work / "iperf3.tar"
    if archive.exists():
        return
    program = "/usr/bin/iperf3"
    needs = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    root = ring.work / "iperf3-root.tar"
    with tarfile.open(root, "w", dereference=True) as tar:
        for path in (program, *re.findall(r"(/\S+) \(", needs)):
            tar.add(path)
        for folder in ("tmp", "etc", "proc", "sys", "dev"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
    ring.onggi.make(root, _IPERF)
    ring.onggi.save(archive, _IPERF)
    for tool in ring.peers:
        tool.load(archive)


@contextmanager
def _other_host() -> Iterator[int]:
    """A network namespace that a pair of links joins with ours."""
    with namespace() as other, Netlink() as here, Netlink(other) as there:
        links.add_veth(here, "bench0", "bench1", other, mac="02:00:c0:00:02:02", mtu=1500)
        for netlink, link, address in ((here, "bench0", _HERE), (there, "bench1", _THERE)):
            addresses.add(netlink, link, f"{address}/24")
            links.set_up(netlink, link)
        yield other


def _from(inside: int, work: Work) -> Work:
    """The work, done in that network namespace."""

    def there() -> float:
        with Inside("network", inside):
            return work()

    return there


@contextmanager
def _members(ring: Ring, count: int, *options: str) -> Iterator[list[str]]:
    """Containers that run in a network of their own, started at once."""
    onggi = ring.onggi.command()
    names = [f"member{number}" for number in range(count)]
    words = ("--network", _NETWORK, *options, "busybox:1.35", "sleep", "600")
    command(*onggi, "network", "create", _NETWORK)
    try:
        at_once([ring.onggi.start(name, *words) for name in names])
        yield names
    finally:
        command(*onggi, "rm", "-f", *names)
        command(*onggi, "network", "rm", _NETWORK)


@contextmanager
def _echo() -> Iterator[tuple[str, int]]:
    """Where a process sends every datagram back."""
    process = subprocess.Popen([sys.executable, "-I", "-c", _ECHO], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        yield "127.0.0.1", int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def _questions(server: tuple[str, int], names: Sequence[str], *, is_answered: bool = False) -> float:
    """Seconds that it took to ask for the address of each; with `is_answered` each has to have one."""
    began = time.perf_counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(5)
        peer.connect(server)
        for number, name in enumerate(names):
            peer.send(_question(number, name))
            answer = peer.recv(512)
            if is_answered and answer[6:8] != b"\0\1":
                raise SystemExit(f"{name} has no address: {answer!r}")
    return time.perf_counter() - began


def _question(number: int, name: str) -> bytes:
    """RFC 1035, section 4.1: one for an A record, with the wish for recursion."""
    head = number.to_bytes(2, "big") + b"\1\0" + b"\0\1" + bytes(6)
    return head + bytes([len(name)]) + name.encode() + b"\0" + b"\0\1" + b"\0\1"


def _companions(name: str) -> list[int]:
    """The processes that are called so, of this network namespace."""
    own = os.readlink("/proc/self/ns/net")
    return [pid for pid in processes() if _called(pid) == name and os.readlink(f"/proc/{pid}/ns/net") == own]


def _called(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
