"""The port keeper as a process: what a client of a published port sees. Everything is on 127.0.0.0/8 and ::1."""

from __future__ import annotations

import errno
import os
import re
import resource
import select
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from tests.waiting import eventually

from onggi.container.network import port
from onggi.container.network.port import PortBinding
from onggi.errors import Conflict, Invalid, Unavailable, Unsupported
from onggi.linux.loop import is_ready
from onggi.linux.ports.listen import Listener, release, take
from onggi.linux.ports.start import lead_to, start

pytestmark = pytest.mark.kernel

CONTAINER = "127.0.0.1"
Keep = Callable[..., "Kept"]


class Kept:
    """A keeper that runs; `places` are where it listens, `lost` can be read once it has let go of everything."""

    def __init__(self, listeners: Sequence[Listener], folder: Path, at_end: Sequence[Sequence[str]] = ()) -> None:
        self.places = [(each.binding.host_ip, each.binding.host_port) for each in listeners]
        reader, self.life = os.pipe2(os.O_CLOEXEC)
        self.lost, kept = os.pipe2(os.O_CLOEXEC)
        self.log = folder / "keeper.log"
        with self.log.open("wb") as log:
            keeper = start(
                "c0ffee",
                listeners,
                [CONTAINER],
                reader,
                kept,
                at_end=at_end,
                log=log.fileno(),
            )
            os.close(reader)
            os.close(kept)
            self.pid = keeper.finish()
        release(listeners)
        self.pidfd = os.pidfd_open(self.pid)

    def connect(self, number: int = 0) -> socket.socket:
        return socket.create_connection(self.places[number], timeout=30)

    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def lead_to(self, *addresses: str) -> None:
        os.write(self.life, lead_to(addresses))

    def end(self) -> None:
        if self.life >= 0:
            os.close(self.life)
            self.life = -1


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Keep]:
    kept: list[Kept] = []

    def begin(*texts: str, at_end: Sequence[Sequence[str]] = ()) -> Kept:
        wanted = [binding for text in texts for binding in port.parse(text)]
        kept.append(Kept(take(wanted), tmp_path, at_end))
        return kept[-1]

    yield begin
    for each in kept:
        each.end()
        assert is_ready(each.lost, 60_000)
        assert is_ready(each.pidfd, 60_000)
        os.close(each.lost)
        os.close(each.pidfd)
        assert each.log.read_text() == ""


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """What listens in the container."""
    with socket.create_server((CONTAINER, 0)) as listening:
        listening.settimeout(30)
        yield listening


def number(listening: socket.socket) -> int:
    found: int = listening.getsockname()[1]
    return found


def accept(server: socket.socket) -> socket.socket:
    peer, _ = server.accept()
    peer.settimeout(30)
    return peer


def read_all(peer: socket.socket) -> bytes:
    return b"".join(iter(lambda: peer.recv(1 << 16), b""))


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def test_bytes_go_both_ways_and_each_way_ends_by_itself(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}")
    data = os.urandom(3 << 20)
    with kept.connect() as client, accept(server) as inside:

        def send() -> None:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)

        sending = threading.Thread(target=send)
        sending.start()
        assert read_all(inside) == data
        sending.join()
        inside.sendall(b"the answer comes after the question's end")
        inside.close()
        assert read_all(client) == b"the answer comes after the question's end"


def test_at_every_address_of_both_families(keep: Keep, server: socket.socket) -> None:
    kept = keep(str(number(server)))
    assert [address for address, _ in kept.places] == ["0.0.0.0", "::"]
    assert len({port for _, port in kept.places}) == 1
    for address in ("127.0.0.1", "127.0.0.9", "::1"):
        with socket.create_connection((address, kept.places[0][1]), timeout=30) as client, accept(server) as inside:
            client.sendall(address.encode())
            assert inside.recv(100) == address.encode()


def test_a_reset_is_told_to_the_other_side(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}")
    before = kept.files()
    for _ in range(100):  # it may come while the keeper is busy with what came before
        with kept.connect() as client, accept(server) as inside:
            client.sendall(b"x")
            assert inside.recv(1) == b"x"
            reset(client)
            with pytest.raises(ConnectionResetError):
                inside.recv(1)
        with kept.connect() as client:
            reset(accept(server))
            with pytest.raises(ConnectionResetError):
                client.recv(1)
    eventually(lambda: kept.files() < before + 20)


def test_what_was_said_before_a_reset_arrives(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}")
    with kept.connect() as client:
        client.sendall(b"a long question that nobody reads")
        with accept(server) as inside:
            inside.sendall(b"go away")
        assert client.recv(100) == b"go away"


def test_nobody_listens_in_the_container(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}")
    server.close()
    with pytest.raises(ConnectionResetError), kept.connect() as client:  # as soon as it is accepted
        client.recv(1)


def test_a_slow_reader_holds_up_the_sender_and_nobody_else(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}")
    with kept.connect() as client, accept(server) as inside:
        client.setblocking(False)
        sent = 0
        while is_writable(client):  # until everything between the two is full
            sent += client.send(bytes(1 << 16))
        with kept.connect() as other, accept(server) as beside:
            other.sendall(b"hello")
            assert beside.recv(5) == b"hello"
        client.shutdown(socket.SHUT_WR)
        assert len(read_all(inside)) == sent


def is_writable(peer: socket.socket) -> bool:
    return bool(select.select([], [peer], [], 0.5)[1])


def test_hundreds_of_idle_connections(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}")
    before = kept.files()
    pairs = []
    try:
        for _ in range(400):  # ours is a process with few files
            client = kept.connect()
            inside = accept(server)
            client.sendall(b"x")
            assert inside.recv(1) == b"x"
            pairs.append((client, inside))
        eventually(lambda: kept.files() < before + 2 * len(pairs) + 20)  # no pipes but the spare ones
        first, last = pairs[0], pairs[-1]
        for client, inside in (last, first):
            inside.sendall(b"y")
            assert client.recv(1) == b"y"
    finally:
        for client, inside in pairs:
            client.close()
            inside.close()
    eventually(lambda: kept.files() < before + 20)


def test_one_descriptor_is_left(keep: Keep, server: socket.socket) -> None:
    """A connection needs two: who is accepted with the last one is hung up on, and the others stay."""
    kept = keep(f"127.0.0.1::{number(server)}")
    with kept.connect() as client, accept(server) as inside:
        client.sendall(b"all that it needs is open")
        assert inside.recv(100)
        before = resource.prlimit(kept.pid, resource.RLIMIT_NOFILE)
        used = {int(name) for name in os.listdir(f"/proc/{kept.pid}/fd")}
        lowest_free = next(each for each in range(len(used) + 1) if each not in used)
        resource.prlimit(kept.pid, resource.RLIMIT_NOFILE, (lowest_free + 1, before[1]))
        with kept.connect() as refused:
            assert refused.recv(1) == b""
        resource.prlimit(kept.pid, resource.RLIMIT_NOFILE, before)
        client.sendall(b"still here")
        assert inside.recv(100) == b"still here"
        with kept.connect() as other, accept(server) as beside:
            other.sendall(b"x")
            assert beside.recv(1) == b"x"


def test_datagrams(keep: Keep) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inside:
        inside.bind((CONTAINER, 0))
        inside.settimeout(30)
        kept = keep(f"{number(inside)}/udp")
        host = kept.places[0][1]
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.9"), (socket.AF_INET6, "::1")):
            with socket.socket(family, socket.SOCK_DGRAM) as client:
                client.settimeout(30)
                client.connect((address, host))  # it takes answers from there alone
                for size in (0, 5, 9000, 65000):
                    client.send(bytes(size))
                    data, where = inside.recvfrom(70000)
                    assert len(data) == size
                    inside.sendto(bytes(size), where)
                    assert client.recv(70000) == bytes(size)


def test_a_datagram_that_nobody_took_does_no_harm(keep: Keep) -> None:
    inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inside.bind((CONTAINER, 0))
    kept = keep(f"127.0.0.1::{number(inside)}/udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(kept.places[0])
        place = inside.getsockname()
        inside.close()
        for _ in range(3):
            client.send(b"lost")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(place)
            again.settimeout(0.2)
            heard: list[bytes] = []

            def has_arrived() -> bool:
                client.send(b"heard")
                try:
                    heard.append(again.recv(100))
                except TimeoutError:
                    return False
                return True

            eventually(has_arrived)


def test_it_ends_with_the_pipe_and_runs_what_undoes(keep: Keep, server: socket.socket, tmp_path: Path) -> None:
    kept = keep(f"127.0.0.1::{number(server)}", at_end=[("/bin/sh", "-c", f"echo gone > {tmp_path}/end")])
    with kept.connect() as client, accept(server):
        assert not is_ready(kept.lost, 0)
        kept.end()
        assert is_ready(kept.lost, 60_000)
        assert (tmp_path / "end").read_text() == "gone\n", "when it lets go that is done"
        assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        kept.connect()


def test_it_ends_at_sigterm(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}")
    signal.pidfd_send_signal(kept.pidfd, signal.SIGTERM)
    assert is_ready(kept.pidfd, 60_000)


def test_hundreds_of_ports(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}", *("127.0.0.2::1" for _ in range(300)))
    assert len(set(kept.places)) == 301
    with kept.connect() as client, accept(server) as inside:
        client.sendall(b"x")
        assert inside.recv(1) == b"x"


def test_it_is_small_and_tells_what_it_is(keep: Keep, server: socket.socket) -> None:
    kept = keep(f"127.0.0.1::{number(server)}", *("127.0.0.2::1/udp" for _ in range(200)))
    with open(f"/proc/{kept.pid}/comm") as file:
        assert file.read() == "onggi-ports\n"
    with open(f"/proc/{kept.pid}/cmdline") as file:
        assert "c0ffee" in file.read().split("\0")
    with open(f"/proc/{kept.pid}/smaps_rollup") as file:
        sizes = {line.split()[0]: int(line.split()[1]) for line in file if line.endswith("kB\n")}
    assert sizes["Pss:"] < 8192


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_taken_port_names_the_process(protocol: str) -> None:
    kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[protocol]
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if protocol == "tcp":
            other.listen()
        taken = number(other)
        for text in (f"127.0.0.1:{taken}:80/{protocol}", f"{taken}:80/{protocol}"):
            with pytest.raises(
                Conflict, match=rf"{taken}/{protocol} is taken by .+ \(process {os.getpid()}\)"
            ) as caught:
                take(port.parse(text))
            other_one = re.search(r"-p (\d+):80", caught.value.hint)  # the next, unless somebody has that too
            assert other_one and int(other_one[1]) > taken


def test_a_taken_port_names_the_container() -> None:
    other = socket.create_server(("127.0.0.1", 0))
    with other, pytest.raises(Conflict, match="is taken by the container web"):
        take(port.parse(f"127.0.0.1:{number(other)}:80"), publisher=lambda binding: "web")


def test_nothing_stays_open_when_one_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        before = os.listdir("/proc/self/fd")
        with pytest.raises(Conflict):
            take([*port.parse("127.0.0.1::80"), *port.parse(f"127.0.0.1:{number(other)}:81")])
        assert os.listdir("/proc/self/fd") == before


def test_more_ports_than_files() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = [PortBinding(80, host_ip="127.0.0.1") for _ in range(200)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, before[1]))
    try:
        with pytest.raises(Unavailable, match="onggi may have 150 files open here, and each port needs 1") as refused:
            take(many)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert "ulimit -n" in refused.value.hint


def test_the_next_free_one_of_a_range() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        first = number(other)
        listeners = take(port.parse(f"127.0.0.1:{first}-{first + 50}:80"))
        try:
            assert first < listeners[0].binding.host_port <= first + 50
            assert not listeners[0].binding.last_host_port
        finally:
            release(listeners)
        with pytest.raises(Conflict, match="no port of this host is free"):
            take([PortBinding(80, "tcp", "127.0.0.1", first, first)])


def test_the_default_address() -> None:
    listeners = take(port.parse("80"), "127.0.0.1")
    release(listeners)
    assert [each.binding.host_ip for each in listeners] == ["127.0.0.1"]


def test_what_can_not_be_taken() -> None:
    with pytest.raises(Invalid, match=r"no address of this host is 192\.0\.2\.77"):
        take(port.parse("192.0.2.77:8080:80"))
    with pytest.raises(Unsupported, match="80/sctp can not be published"):
        take(port.parse("80/sctp"))


def test_udp_ports_are_not_shared() -> None:
    listeners = take(port.parse("127.0.0.1::53/udp"))
    with closing(listeners[0].socket), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError) as caught:
            other.bind(("127.0.0.1", listeners[0].binding.host_port))
        assert caught.value.errno == errno.EADDRINUSE


def test_it_leads_elsewhere_when_it_is_told(keep: Keep, server: socket.socket) -> None:
    """Who is connected stays where they are."""
    with socket.create_server(("127.0.0.2", number(server))) as other:
        other.settimeout(30)
        kept = keep(f"127.0.0.1::{number(server)}")
        with kept.connect() as client, accept(server) as inside:
            kept.lead_to("127.0.0.2")
            eventually(lambda: is_led_to(kept, other))
            client.sendall(b"still here")
            assert inside.recv(100) == b"still here"


def test_of_two_that_it_is_told_the_last_counts(keep: Keep, server: socket.socket) -> None:
    """Both are in the pipe before it reads."""
    with socket.create_server(("127.0.0.2", number(server))) as other:
        other.settimeout(30)
        kept = keep(f"127.0.0.1::{number(server)}")
        signal.pidfd_send_signal(kept.pidfd, signal.SIGSTOP)
        kept.lead_to("127.0.0.3")
        kept.lead_to("127.0.0.2")
        signal.pidfd_send_signal(kept.pidfd, signal.SIGCONT)
        eventually(lambda: is_led_to(kept, other))


def is_led_to(kept: Kept, server: socket.socket) -> bool:
    with kept.connect():
        if not is_ready(server.fileno(), 100):
            return False
        accept(server).close()
        return True


def test_a_client_that_sends_datagrams_follows(keep: Keep) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        one.bind((CONTAINER, 0))
        other.bind(("127.0.0.2", one.getsockname()[1]))
        kept = keep(f"127.0.0.1::{one.getsockname()[1]}/udp")
        client.connect(kept.places[0])
        client.send(b"first")
        assert is_ready(one.fileno(), 30_000)
        assert one.recv(100) == b"first"
        kept.lead_to("127.0.0.2")

        def has_followed() -> bool:
            client.send(b"again")
            return is_ready(other.fileno(), 100)

        eventually(has_followed)
        assert other.recv(100) == b"again"
