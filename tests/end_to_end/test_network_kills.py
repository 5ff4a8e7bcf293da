"""SIGKILL for whoever has a part in a container's networks: what runs is mended, and of what does not nothing stays
after `rm`, the next start, or `system check --repair`. The fixture nothing_stays looks at what is on the network."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
from tests.instants import spread
from tests.waiting import eventually

from onggi.container.network import rules
from onggi.container.network.plan import outer_link
from onggi.container.network.port import PortBinding
from onggi.container.spec import ContainerSpec, Networking, Process
from onggi.errors import Unavailable
from onggi.linux import nft
from onggi.linux.companion import Companion
from onggi.linux.loop import is_ready
from onggi.linux.netlink import Netlink, links

from . import leavings
from .conftest import BUSYBOX, Onggi

FOREVER = ("sleep", "1000.87")
SERVES = ("sh", "-c", "echo hello > /tmp/index.html; exec httpd -f -p 80 -h /tmp")
KEEPER, RESOLVER, MONITOR = "onggi-ports", "onggi-names", "onggi-monitor"


def holders(path: Path) -> list[int]:
    """Who has the file open."""
    wanted = os.stat(path)
    found = []
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.path.samestat(os.stat(entry), wanted):
                found.append(int(entry.parts[2]))
        except OSError:
            continue
    return sorted(set(found))


def called(name: str, pids: Sequence[int]) -> list[int]:
    return [pid for pid in pids if _name(pid) == name]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has ended meanwhile


def home(onggi: Onggi, container: str) -> Path:
    return onggi.root / "containers" / onggi("inspect", "-f", "{{.Id}}", container)


def find_all(onggi: Onggi, container: str, who: str) -> list[int]:
    """The pids of the container's monitor, keeper or resolver, of which there is one at most."""
    file = {MONITOR: "monitor.lock", KEEPER: "ports.kept", RESOLVER: "names.kept"}[who]
    return called(who, holders(home(onggi, container) / file))


def find(onggi: Onggi, container: str, who: str) -> int:
    (pid,) = find_all(onggi, container, who)
    return pid


def kill(pid: int) -> None:
    """Returns when it has ended."""
    pidfd = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert is_ready(pidfd, 60_000)
    os.close(pidfd)


def is_served(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
            peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
            with peer.makefile("rb") as answer:
                return answer.read().endswith(b"hello\n")
    except OSError:
        return False


def finds(onggi: Onggi, container: str, name: str) -> bool:
    return onggi.run("exec", container, "ping", "-c1", "-W5", name).returncode == 0


def elements() -> list[str]:
    """Of the maps of published ports."""
    listed = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in listed.splitlines() if "elements = {" in line and "." in line]


def has_link(onggi: Onggi, container: str) -> bool:
    with onggi.engine() as engine, Netlink() as netlink:
        row = engine.store.containers.get(container)
        return any(links.find(netlink, outer_link(each)) for each in engine.networks.rows.endpoints(row.id))


def mend_the_store(onggi: Onggi) -> None:
    with onggi.engine() as engine:
        assert all(finding.is_repaired for finding in engine.system.check(repair=True))
        assert engine.system.check() == []


@pytest.fixture
def web(onggi: Onggi) -> str:
    """A container that serves at port 8084 of this host, and another one beside it."""
    onggi("network", "create", "shop")
    onggi("run", "-d", "--name", "db", "--network", "shop", BUSYBOX, *FOREVER)
    onggi("run", "-d", "--name", "web", "--network", "shop", "-p", "127.0.0.1:8084:80", BUSYBOX, *SERVES)
    eventually(lambda: is_served(8084))
    return "web"


def test_a_keeper_that_is_killed_is_replaced(onggi: Onggi, web: str) -> None:
    before = elements()
    for _ in range(2):
        kill(find(onggi, web, KEEPER))
        eventually(lambda: find_all(onggi, web, KEEPER) and is_served(8084))
    assert elements() == before
    assert onggi("system", "check") == "The store is clean."


@pytest.mark.parametrize("ending", [("network", "disconnect", "shop", "web"), ("stop", "-t", "0", "web")])
def test_nothing_leads_to_whoever_comes_after_a_killed_keeper(onggi: Onggi, web: str, ending: Sequence[str]) -> None:
    """Not even where somebody else has the address by then."""
    address = ("inspect", "-f", "{{.NetworkSettings.Networks.shop.IPAddress}}")
    before = onggi(*address, web)
    kill(find(onggi, web, KEEPER))
    onggi(*ending)
    onggi("rm", "-f", web)
    assert elements() == []
    onggi("run", "-d", "--name", "private", "--network", "shop", BUSYBOX, *SERVES)
    assert onggi(*address, "private") == before
    assert not is_served(8084)
    assert onggi("system", "check") == "The store is clean."


def test_what_leads_to_an_address_from_ports_of_others_is_taken_back(onggi: Onggi, web: str) -> None:
    """When it is published anew: a rule may have been left by whatever was killed."""
    onggi("stop", "-t", "0", web)
    with onggi.engine() as engine:
        network = engine.networks.rows.get("shop").short_id
        (endpoint,) = engine.networks.rows.endpoints(engine.store.containers.get(web).id)
    stray = rules.Publication("0.0.0.0", 8085, endpoint.ipv4, 80)
    nft.apply(rules.publish(network, [stray]), "cannot publish")
    onggi("start", web)
    eventually(lambda: is_served(8084))
    assert not is_served(8085)
    assert onggi("system", "check") == "The store is clean."


def test_a_resolver_that_is_killed_is_replaced_for_all(onggi: Onggi, web: str) -> None:
    resolver = find(onggi, web, RESOLVER)
    assert find(onggi, "db", RESOLVER) == resolver
    kill(resolver)
    eventually(lambda: finds(onggi, web, "db") and finds(onggi, "db", web))
    assert find(onggi, "db", RESOLVER) == find(onggi, web, RESOLVER) != resolver


def test_many_mend_one_resolver_once(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    with onggi.engine() as engine:
        for number in range(8):
            onggi("run", "-d", "--name", f"c{number}", "--network", "shop", BUSYBOX, *FOREVER)
        kill(find(onggi, "c0", RESOLVER))
        eventually(lambda: not [each for each in engine.system.check() if each.kind == "network"])
    assert len(called(RESOLVER, holders(onggi.root / "networks" / "resolver.log"))) == 1
    assert finds(onggi, "c0", "c7") and finds(onggi, "c7", "c0")


def test_a_port_that_somebody_took_meanwhile_is_asked_for_again(onggi: Onggi, web: str) -> None:
    monitor = find(onggi, web, MONITOR)
    os.kill(monitor, signal.SIGSTOP)  # it is not to be quicker than we are
    kill(find(onggi, web, KEEPER))
    with socket.create_server(("127.0.0.1", 8084)):
        os.kill(monitor, signal.SIGCONT)
        assert "taken by" in onggi.fails("network", "mend")
        note = onggi("inspect", "-f", "{{.State.Note}}", web)
        assert note.startswith("has lost its published ports: the process that kept them was killed")
        assert f"{web}: {note}" in onggi.run("ps").stderr.decode()
    eventually(lambda: is_served(8084))
    eventually(lambda: onggi("inspect", "-f", "{{.State.Note}}", web) == "")


def test_a_keeper_that_is_killed_before_it_is_ready(onggi: Onggi, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told; and the container, which runs by then, has another one soon."""
    ready = Companion.finish

    def killed(companion: Companion) -> int:
        os.kill(companion._pid, signal.SIGKILL)
        return ready(companion)

    wanted = Networking(mode="bridge", ports=(PortBinding(80, host_ip="127.0.0.1", host_port=8084),))
    with onggi.engine() as engine:
        spec = ContainerSpec(image=BUSYBOX, process=Process(command=SERVES), networking=wanted)
        web = engine.containers.create(spec, "web")
        monkeypatch.setattr(Companion, "finish", killed)
        with pytest.raises(Unavailable, match="onggi-ports ended before it was ready"):
            engine.containers.start(web)
    eventually(lambda: find_all(onggi, web, KEEPER))
    eventually(lambda: is_served(8084))
    assert onggi("system", "check") == "The store is clean."


def test_where_nobody_can_mend_the_container_goes_on(onggi: Onggi, web: str) -> None:
    """As with a full disk: there is no file to lock, until there is."""
    monitor = find(onggi, web, MONITOR)
    with onggi.engine() as engine:
        lock = Path(engine.networks.rows.mending_lock)
    lock.mkdir()
    kill(find(onggi, web, KEEPER))
    time.sleep(1.1)  # until it has been tried
    lock.rmdir()
    eventually(lambda: is_served(8084))
    assert find(onggi, web, MONITOR) == monitor


@pytest.mark.parametrize(
    ("then", "others"),
    [
        *product(["rm", "start", "check", "prune", "disconnect"], [(), (KEEPER, RESOLVER)]),
        *product(["start", "check"], [(KEEPER,), (RESOLVER,)]),
    ],
)
def test_a_monitor_that_is_killed_leaves_nothing_for_long(
    onggi: Onggi, web: str, then: str, others: Sequence[str]
) -> None:
    pids = [find(onggi, web, who) for who in others]
    monitor = find(onggi, web, MONITOR)
    os.kill(monitor, signal.SIGSTOP)  # it is not to mend what follows
    for pid in pids:
        kill(pid)
    kill(monitor)
    place = home(onggi, web)
    if then == "rm":
        onggi("rm", web)
    elif then == "start":
        onggi("start", web)
        eventually(lambda: is_served(8084))
        assert len(elements()) == 1
        onggi("rm", "-f", web)
    elif then == "check":
        mend_the_store(onggi)
    elif then == "prune":
        onggi("container", "prune", "-f")
    else:
        onggi("network", "disconnect", "shop", web)
    assert elements() == []
    assert [target for target in leavings.of_store(onggi.root) if target.startswith(str(place))] == []
    assert not (then != "disconnect" and onggi("ps", "-aqf", f"name={web}") and has_link(onggi, web))
    assert not is_served(8084)
    onggi("rm", "-f", "db", *(["web"] if onggi("ps", "-aqf", "name=web") else []))
    onggi("network", "rm", "shop")
    assert "link ong-" not in " ".join(leavings.of_namespace())


def test_a_table_or_a_link_that_somebody_removed(onggi: Onggi, web: str) -> None:
    network = onggi("network", "inspect", "-f", "{{.Id}}", "shop")
    subprocess.run(["nft", "delete", "table", "inet", f"onggi-{network[:12]}"], check=True)
    mend_the_store(onggi)
    assert len(elements()) == 1 and is_served(8084)
    subprocess.run(["ip", "link", "delete", f"ong-{network[:11]}"], check=True)
    assert not finds(onggi, web, "db")
    mend_the_store(onggi)
    assert finds(onggi, web, "db") and is_served(8084)
    with onggi.engine() as engine, Netlink() as netlink:
        (endpoint,) = engine.networks.rows.endpoints(engine.store.containers.get(web).id)
        links.delete(netlink, outer_link(endpoint))
    mend_the_store(onggi)
    assert finds(onggi, web, "db") and is_served(8084)


def test_a_bridge_that_lost_its_addresses(onggi: Onggi, web: str) -> None:
    bridge = f"ong-{onggi('network', 'inspect', '-f', '{{.Id}}', 'shop')[:11]}"
    subprocess.run(["ip", "address", "flush", "dev", bridge], check=True)
    found = onggi.run("system", "check").stdout.decode()
    assert f"the network shop lacks something of this host: its bridge {bridge}, an address of" in found
    mend_the_store(onggi)
    assert is_served(8084)


def test_a_link_that_a_macvlan_was_on(onggi: Onggi) -> None:
    with Netlink() as netlink:
        links.add_bridge(netlink, "under0")
        links.set_up(netlink, "under0")
        onggi("network", "create", "-d", "macvlan", "--subnet", "192.0.2.0/24", "-o", "parent=under0", "lan")
        onggi("run", "-d", "--name", "db", "--network", "lan", BUSYBOX, *FOREVER)
        assert onggi("system", "check") == "The store is clean."
        links.delete(netlink, "under0")
        for words in (("system", "check"), ("system", "check", "--repair")):
            assert "container db has lost its link on this host's under0" in onggi.run(*words).stdout.decode()
        links.add_bridge(netlink, "under0")
        links.set_up(netlink, "under0")
        mend_the_store(onggi)
        assert "192.0.2.2/24" in onggi("exec", "db", "ip", "address", "show", "eth0")
        onggi("rm", "-f", "db")
        links.delete(netlink, "under0")


def test_a_folder_of_a_network_that_is_not_there(onggi: Onggi, web: str) -> None:
    """As after the database came back from an older copy. What is of others stays."""
    subprocess.run(["ip", "link", "add", "ong-0123456789a", "type", "bridge"], check=True)
    try:
        onggi("rm", "-f", web, "db")
        with onggi.engine() as engine:
            network = engine.networks.rows.get("shop")
            engine.networks.rows.remove(network.id)
        with Netlink() as netlink:
            assert links.find(netlink, network.bridge)
            said = onggi("system", "check", "--repair")
            assert f"the network {network.short_id} is gone, and parts of it are left" in said
            assert not links.find(netlink, network.bridge)
            assert links.find(netlink, "ong-0123456789a")
        assert not (onggi.root / "networks" / network.id).exists()
    finally:
        subprocess.run(["ip", "link", "delete", "ong-0123456789a"], check=True)


@pytest.mark.slow
def test_whoever_starts_one_is_killed(onggi: Onggi) -> None:
    onggi("network", "create", "shop")
    words = ("run", "-d", "--network", "shop", "--network", "bridge", "-p", "8085:80", BUSYBOX, *FOREVER)
    began = time.monotonic()
    onggi("rm", "-f", onggi(*words))
    whole = time.monotonic() - began
    for number, instant in enumerate(spread(16, whole)):
        process = onggi.start(*words)
        time.sleep(instant)
        process.kill()
        process.communicate()
        if number % 8 == 7:
            mend_the_store(onggi)
        if known := onggi("ps", "-aq").split():
            onggi("rm", "-f", *known)
        assert elements() == []
    onggi("network", "rm", "shop")
    mend_the_store(onggi)
    assert onggi("run", "--rm", "-p", "8085:80", BUSYBOX, "echo", "fine") == "fine"


@pytest.mark.slow
def test_whoever_connects_one_is_killed(onggi: Onggi, web: str) -> None:
    onggi("network", "create", "admin")
    for number, instant in enumerate(spread(16, 0.3)):
        process = onggi.start("network", ("connect", "disconnect")[number % 2], "admin", web)
        time.sleep(instant)
        process.kill()
        process.communicate()
        if number % 3 == 2:
            mend_the_store(onggi)
            said = json.loads(onggi("inspect", "-f", "{{json .NetworkSettings.Networks}}", web))
            assert len(onggi("exec", web, "ls", "/sys/class/net").split()) == 1 + len(said)
    onggi.run("network", "connect", "admin", web)
    mend_the_store(onggi)
    onggi("network", "disconnect", "admin", web)
    onggi("network", "rm", "admin")
    assert is_served(8084) and finds(onggi, "db", web)


def test_eight_at_once(onggi: Onggi) -> None:
    """In a network that nobody was in: one bridge, one resolver, an address each, and all find all."""
    onggi("network", "create", "shop")

    def start(number: int) -> None:
        onggi("run", "-d", "--name", f"c{number}", "--network", "shop", "-p", "80", BUSYBOX, *FOREVER)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(start, range(8)))
    addresses = [
        onggi("inspect", "-f", "{{.NetworkSettings.Networks.shop.IPAddress}}", f"c{number}") for number in range(8)
    ]
    assert len(set(addresses)) == 8
    assert len(called(RESOLVER, holders(onggi.root / "networks" / "resolver.log"))) == 1
    for number in range(8):
        assert finds(onggi, f"c{number}", f"c{(number + 1) % 8}")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: onggi("rm", "-f", f"c{number}"), range(8)))
    assert elements() == []
    onggi("network", "rm", "shop")


def test_a_network_that_is_removed_while_one_starts(onggi: Onggi) -> None:
    """It is the one or the other."""
    for number in range(6):
        onggi("network", "create", "shop")
        starting = onggi.start("run", "-d", "--name", "web", "--network", "shop", BUSYBOX, *FOREVER)
        time.sleep(0.03 * number)
        removing = onggi.run("network", "rm", "shop")
        said = starting.communicate()[1].decode()
        if starting.returncode:
            assert "network shop not found" in said
        else:
            assert removing.returncode == 1
            assert onggi("exec", "web", "cat", "/sys/class/net/eth0/operstate") == "up"
        if onggi("ps", "-aq"):
            onggi("rm", "-f", "web")
        if removing.returncode:
            onggi("network", "rm", "shop")


def test_prune_puts_the_default_bridge_away(onggi: Onggi) -> None:
    def has_bridge() -> bool:
        return "link ong-" in " ".join(leavings.of_namespace())

    onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    onggi("network", "prune", "-f")
    assert has_bridge(), "somebody is on it"
    onggi("stop", "-t0", "web")
    onggi("network", "prune", "-f")
    assert not has_bridge()
    onggi("start", "web")
    assert has_bridge()
    onggi("rm", "-f", "web")
    onggi("system", "prune", "-f")
    assert not has_bridge()
