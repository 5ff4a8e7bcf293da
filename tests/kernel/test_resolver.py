"""The resolver as a process: what a program in a container's network namespace gets for its questions. The servers that
it asks are here, on 127.0.0.1."""

from __future__ import annotations

import os
import resource
import signal
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from tests.waiting import eventually

from onggi.linux import netns
from onggi.linux.inside import Inside
from onggi.linux.loop import is_ready
from onggi.linux.resolver.document import Document, Entry, write
from onggi.linux.resolver.start import ADDRESS, NAMES_FILE, PORT, Asker, Serving, change, serve

pytestmark = pytest.mark.kernel

Message = dns.message.Message
Behaviour = Callable[[Message, bool], Message | None]
ENTRIES = (
    Entry("c0", ("db", "0123456789ab"), ("10.7.0.3",)),
    Entry("c1", ("web",), ("10.7.0.2",)),
    Entry("c2", ("cache",), ("10.7.0.4",)),
)
"""Of the containers of a network, in the order in which they enter it."""
BACKEND, OTHER = "b" * 64, "c" * 64


class Container:
    """A network namespace that the resolver serves. `lost` can be read once it has let go of it."""

    def __init__(self, id: str, path: str) -> None:
        netns.make(path)
        self.id = id
        self.path = path
        self.namespace = netns.hold(path)
        self.reader, self.life = os.pipe2(os.O_CLOEXEC)
        self.lost = -1

    def serve(
        self, folder: Path, networks: Sequence[str] = (BACKEND,), upstream: tuple[str, ...] | None = None, log: int = -1
    ) -> Serving:
        self._forget_the_last()
        self.lost, kept = os.pipe2(os.O_CLOEXEC)
        asker = Asker(container=self.id, networks=tuple(networks), upstream=upstream)
        try:
            return serve(str(folder), asker, self.namespace, self.reader, kept, grace=0.5, log=log)
        finally:
            os.close(kept)

    def is_let_go(self) -> bool:
        """Waits for it."""
        return is_ready(self.lost, 60_000)

    def _forget_the_last(self) -> None:
        if self.lost >= 0:
            os.close(self.lost)

    def end(self) -> None:
        if self.life >= 0:
            os.close(self.life)
            self.life = -1

    def close(self) -> None:
        self.end()
        self._forget_the_last()
        os.close(self.reader)
        os.close(self.namespace)
        netns.remove(self.path)

    def socket(self, kind: socket.SocketKind = socket.SOCK_DGRAM) -> socket.socket:
        with Inside("network", self.namespace):
            peer = socket.socket(socket.AF_INET, kind)
        peer.settimeout(30)
        peer.connect((ADDRESS, PORT))
        return peer

    def ask(self, name: str, kind: str = "A", *, over_tcp: bool = False, **options: object) -> Message:
        query = dns.message.make_query(name, kind, **options)  # type: ignore[arg-type]
        with self.socket(socket.SOCK_STREAM if over_tcp else socket.SOCK_DGRAM) as peer:
            if over_tcp:
                peer.sendall(framed(query))
                reply = read_framed(peer)
            else:
                peer.send(query.to_wire())
                reply = dns.message.from_wire(peer.recv(65536))
        assert query.is_response(reply)
        return reply

    def find(self, name: str, kind: str = "A", *, over_tcp: bool = False) -> list[str]:
        return [record.to_text() for answer in self.ask(name, kind, over_tcp=over_tcp).answer for record in answer]


def framed(message: Message) -> bytes:
    data = message.to_wire()
    return struct.pack("!H", len(data)) + data


def read_framed(peer: socket.socket) -> Message:
    with peer.makefile("rb") as file:
        (length,) = struct.unpack("!H", file.read(2))
        return dns.message.from_wire(file.read(length))


class Network:
    """A folder with names, and the containers in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.containers: list[Container] = []
        self.pids: dict[int, int] = {}

    def tell(self, *entries: Entry, upstream: tuple[str, ...] = (), network: str = BACKEND) -> None:
        (self.folder / network).mkdir(exist_ok=True)
        domain = "backend" if network == BACKEND else "other"
        write(str(self.folder / network / NAMES_FILE), Document(domain, entries, upstream))

    def add(self) -> Container:
        """One that is not served yet. The first is c0."""
        number = len(self.containers)
        self.containers.append(Container(f"c{number}", str(self.folder / f"netns-{number}")))
        return self.containers[-1]

    def enter(self, *networks: str, upstream: tuple[str, ...] | None = None) -> Container:
        container = self.add()
        with self.log.open("ab") as log:
            container.serve(self.folder, networks or (BACKEND,), upstream, log.fileno()).finish()
        self.find_new()
        return container

    def find_new(self) -> None:
        for pid in self.find_processes():
            if pid not in self.pids:
                self.pids[pid] = os.pidfd_open(pid)

    def find_processes(self) -> list[int]:
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return os.fsencode(self.folder) in file.read().split(b"\0")
        except OSError:
            return False

    def close(self) -> None:
        for container in self.containers:
            container.close()
        for pidfd in self.pids.values():
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)  # it would stay for a while
            assert is_ready(pidfd, 60_000)
            os.close(pidfd)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    network = Network(tmp_path)
    yield network
    network.close()
    assert not network.log.exists() or network.log.read_text() == ""


@contextmanager
def server(behave: Behaviour) -> Iterator[str]:
    """A server of names, over UDP and TCP at one port. `behave` gets the question and whether it came over TCP."""

    class OverUdp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, peer = self.request
            if reply := behave(dns.message.from_wire(data), False):
                peer.sendto(reply.to_wire(), self.client_address)

    class OverTcp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if reply := behave(read_framed(self.request), True):
                self.request.sendall(framed(reply))

    class Threads(socketserver.ThreadingUDPServer):
        daemon_threads = True

    class Connections(socketserver.TCPServer):
        allow_reuse_address = True  # one that has ended at that port keeps nobody away

    with Threads(("127.0.0.1", 0), OverUdp) as udp, Connections(udp.server_address, OverTcp) as tcp:
        for each in (udp, tcp):
            threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield f"127.0.0.1#{udp.server_address[1]}"
        finally:
            for each in (udp, tcp):
                each.shutdown()


def reply_with(address: str) -> Behaviour:
    def behave(query: Message, is_tcp: bool) -> Message:
        reply = dns.message.make_response(query, recursion_available=True)
        name = query.question[0].name
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", address))
        return reply

    return behave


def test_names_inside_a_container(network: Network) -> None:
    network.tell(*ENTRIES)
    container, _ = network.enter(), network.enter()
    for over_tcp in (False, True):
        assert container.find("db", over_tcp=over_tcp) == ["10.7.0.3"]
        assert container.find("WEB.backend", over_tcp=over_tcp) == ["10.7.0.2"]
        assert container.find("db", "AAAA", over_tcp=over_tcp) == []
        assert container.ask("else", over_tcp=over_tcp).rcode() == dns.rcode.NXDOMAIN
    assert container.find("3.0.7.10.in-addr.arpa", "PTR") == ["db.backend."]


def test_the_file_is_read_again(network: Network) -> None:
    network.tell(*ENTRIES)
    container = network.enter()
    assert container.find("db") == ["10.7.0.3"]
    network.tell(Entry("c0", ("database",), ("10.7.0.9",)))
    assert container.find("database") == ["10.7.0.9"]
    assert container.ask("db").rcode() == dns.rcode.NXDOMAIN


def test_only_who_is_served_has_names(network: Network) -> None:
    network.tell(*ENTRIES)
    first = network.enter()
    assert first.ask("web").rcode() == dns.rcode.NXDOMAIN
    second = network.enter()
    assert first.find("web") == second.find("web") == ["10.7.0.2"]
    second.end()
    assert second.is_let_go()
    assert first.ask("web").rcode() == dns.rcode.NXDOMAIN
    assert first.ask("2.0.7.10.in-addr.arpa", "PTR").rcode() == dns.rcode.NXDOMAIN
    assert first.find("db") == ["10.7.0.3"]


def test_of_several_networks_the_first_that_has_a_name_tells_it(network: Network) -> None:
    network.tell(Entry("c0", ("first",), ("10.7.0.2",)), Entry("c1", ("db",), ("10.7.0.3",)))
    network.tell(
        Entry("c0", ("first",), ("10.8.0.2",)),
        Entry("c2", ("db", "cache"), ("10.8.0.4",)),
        network=OTHER,
    )
    both, backend, other = network.enter(BACKEND, OTHER), network.enter(BACKEND), network.enter(OTHER)
    assert len(network.find_processes()) == 1
    assert both.find("db") == backend.find("db") == ["10.7.0.3"]
    assert both.find("db.other") == both.find("cache") == other.find("db") == ["10.8.0.4"]
    assert backend.ask("cache").rcode() == other.ask("first.backend").rcode() == dns.rcode.NXDOMAIN


def test_a_container_comes_into_other_networks(network: Network) -> None:
    network.tell(*ENTRIES)
    network.tell(Entry("c1", ("queue",), ("10.8.0.2",)), network=OTHER)
    first, _ = network.enter(), network.enter(BACKEND, OTHER)
    assert first.ask("queue").rcode() == dns.rcode.NXDOMAIN
    assert change(str(network.folder), Asker(container="c0", networks=(BACKEND, OTHER)))
    assert (first.find("queue"), first.find("web")) == (["10.8.0.2"], ["10.7.0.2"])
    assert change(str(network.folder), Asker(container="c0", networks=()))
    assert first.ask("queue").rcode() == first.ask("web").rcode() == dns.rcode.NXDOMAIN
    assert not change(str(network.folder), Asker(container="c9", networks=(OTHER,)))


def test_who_comes_and_says_nothing_keeps_nobody_waiting(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a command does that is stopped just then."""
    network.tell(*ENTRIES)
    network.enter()
    monkeypatch.chdir(network.folder)  # a socket's path has 108 bytes at most
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as silent:
        silent.connect("resolver.sock")
        assert network.enter().find("db") == ["10.7.0.3"]


def test_it_is_heard_that_it_has_let_go(network: Network) -> None:
    network.tell(*ENTRIES)
    first, second = network.enter(), network.enter()
    assert not is_ready(first.lost, 0)
    first.end()
    assert first.is_let_go()
    with first.socket() as peer, pytest.raises(ConnectionRefusedError):
        peer.send(dns.message.make_query("web", "A").to_wire())
        peer.recv(512)
    assert not is_ready(second.lost, 0)
    (pidfd,) = network.pids.values()
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    assert second.is_let_go(), "however it ends"


def test_one_process_for_all_containers_until_the_last_has_gone(network: Network) -> None:
    network.tell(*ENTRIES)
    first, second = network.enter(), network.enter()
    assert len(network.find_processes()) == 1
    assert first.find("db") == second.find("db") == ["10.7.0.3"]
    first.end()
    assert first.is_let_go()
    assert second.find("web") == ["10.7.0.2"]
    second.end()
    (pidfd,) = network.pids.values()
    assert is_ready(pidfd, 60_000)
    third = network.enter()
    assert third.find("cache") == ["10.7.0.4"]
    assert len(network.pids) == 2


def test_it_is_started_again_after_it_was_killed(network: Network) -> None:
    network.tell(*ENTRIES)
    network.enter()
    ((pid, pidfd),) = network.pids.items()
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    assert is_ready(pidfd, 60_000)
    eventually(lambda: pid not in network.find_processes())
    assert network.enter().find("web") == ["10.7.0.2"]


def test_two_that_enter_at_once_start_one(network: Network) -> None:
    network.tell(*ENTRIES)
    containers = [network.add() for _ in range(4)]
    children = []
    for container in containers:
        child = os.fork()
        if child == 0:
            try:
                container.serve(network.folder).finish()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    network.find_new()
    assert len(network.pids) == 1
    for container in containers:
        assert container.find("db") == ["10.7.0.3"]


def test_the_rest_of_the_world(network: Network) -> None:
    with server(reply_with("192.0.2.1")) as one, server(reply_with("192.0.2.2")) as other:
        network.tell(*ENTRIES, upstream=(one,))
        container, with_its_own = network.enter(), network.enter(upstream=(other,))
        for over_tcp in (False, True):
            assert container.find("example.org", over_tcp=over_tcp) == ["192.0.2.1"]
            assert with_its_own.find("example.org", over_tcp=over_tcp) == ["192.0.2.2"]
        assert with_its_own.find("db") == ["10.7.0.3"]
        assert network.enter(upstream=()).ask("example.org").rcode() == dns.rcode.NXDOMAIN


def test_options_of_the_question_arrive(network: Network) -> None:
    heard = []

    def behave(query: Message, is_tcp: bool) -> Message:
        heard.append((query.payload, bool(query.ednsflags & dns.flags.DO), query.id))
        return dns.message.make_response(query)

    with server(behave) as one:
        network.tell(upstream=(one,))
        assert network.enter().ask("example.org", "A", want_dnssec=True, payload=1400, id=7).id == 7
    assert heard[0][:2] == (1400, True)


def test_an_answer_that_is_too_long_is_had_over_tcp(network: Network) -> None:
    def behave(query: Message, is_tcp: bool) -> Message:
        reply = dns.message.make_response(query)
        if is_tcp:
            addresses = [f"192.0.{number // 250}.{number % 250}" for number in range(1000)]
            reply.answer.append(dns.rrset.from_text_list(query.question[0].name, 60, "IN", "A", addresses))
        else:
            reply.flags |= dns.flags.TC
        return reply

    with server(behave) as one:
        network.tell(upstream=(one,))
        container = network.enter()
        assert container.ask("example.org").flags & dns.flags.TC
        assert len(container.find("example.org", over_tcp=True)) == 1000


def test_a_server_that_is_silent_or_refuses_or_lies(network: Network) -> None:
    def refuse(query: Message, is_tcp: bool) -> Message:
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.REFUSED)
        return reply

    def lie(query: Message, is_tcp: bool) -> Message:
        return dns.message.make_response(dns.message.make_query("other.example", "A", id=query.id))

    def say_nothing(query: Message, is_tcp: bool) -> None:
        return None

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1#{free.getsockname()[1]}"
    with (
        server(refuse) as one,
        server(lie) as two,
        server(say_nothing) as three,
        server(reply_with("192.0.2.4")) as good,
    ):
        network.tell(upstream=(nobody, one, two, three, good))
        container = network.enter()
        assert container.find("example.org") == ["192.0.2.4"]
        network.tell(upstream=(nobody, three))
        assert container.ask("example.org").rcode() == dns.rcode.SERVFAIL
        network.tell(upstream=(one,))
        assert container.ask("example.org").rcode() == dns.rcode.REFUSED


def test_many_questions_wait_at_once(network: Network) -> None:
    gate = threading.Event()

    def behave(query: Message, is_tcp: bool) -> Message | None:
        gate.wait(1.5)
        return reply_with("192.0.2.1")(query, is_tcp)

    with server(behave) as one:
        network.tell(*ENTRIES, upstream=(one,))
        container = network.enter()
        with container.socket() as peer:
            for number in range(100):
                peer.send(dns.message.make_query(f"n{number}.example", "A", id=number).to_wire())
            assert container.find("db") == ["10.7.0.3"]  # nobody waits for others' answers
            gate.set()
            found = {dns.message.from_wire(peer.recv(512)).id for _ in range(100)}
        assert found == set(range(100))


def test_who_asks_much_leaves_room_for_others(network: Network) -> None:
    with (
        server(reply_with("192.0.2.1")) as good,
        socket.socket(type=socket.SOCK_DGRAM) as silent,
        ExitStack() as open_ones,
    ):
        silent.bind(("127.0.0.1", 0))
        network.tell(*ENTRIES, upstream=(f"127.0.0.1#{silent.getsockname()[1]}",))
        for container in [network.enter() for _ in range(4)]:
            peer = open_ones.enter_context(container.socket())
            for number in range(300):
                peer.send(dns.message.make_query(f"n{number}.example", "A", id=number).to_wire())
                if number % 50 == 49:  # more than its buffer has room for would be lost
                    assert container.find("db") == ["10.7.0.3"], "all that was sent before has been read"
        assert network.enter(upstream=(good,)).find("good.example") == ["192.0.2.1"]


def test_without_free_descriptors_who_comes_waits(network: Network) -> None:
    network.tell(*ENTRIES)
    container = network.enter()
    (pid,) = network.pids
    assert container.find("db") == ["10.7.0.3"]
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with container.socket(socket.SOCK_STREAM) as peer:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
        try:
            assert container.find("db") == ["10.7.0.3"]
            peer.sendall(framed(dns.message.make_query("db", "A")))
            assert container.find("db") == ["10.7.0.3"]
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        assert read_framed(peer).answer
    assert network.enter().find("db") == ["10.7.0.3"]


def test_several_questions_in_one_connection(network: Network) -> None:
    network.tell(*ENTRIES)
    with network.enter().socket(socket.SOCK_STREAM) as peer:
        queries = [dns.message.make_query("db", "A", id=number) for number in range(50)]
        data = b"".join(map(framed, queries))
        for start in range(0, len(data), 7):  # cut anywhere
            peer.send(data[start : start + 7])
        with peer.makefile("rb") as file:
            for query in queries:
                (length,) = struct.unpack("!H", file.read(2))
                assert query.is_response(dns.message.from_wire(file.read(length)))


def test_garbage_does_it_no_harm(network: Network) -> None:
    network.tell(*ENTRIES)
    container = network.enter()
    with container.socket() as peer:
        for size in (0, 1, 11, 12, 13, 100, 512, 60000):
            peer.send(bytes(size))
            peer.send(os.urandom(size))
    for data in (b"\0\0", b"\xff\xff" + bytes(100), os.urandom(5000)):
        with container.socket(socket.SOCK_STREAM) as peer:
            peer.send(data)
    assert container.find("db") == ["10.7.0.3"]


def test_the_container_may_be_a_server_of_names_itself(network: Network) -> None:
    network.tell(*ENTRIES)
    container = network.enter()
    with Inside("network", container.namespace):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with datagrams, listener:
        for each in (datagrams, listener):
            each.bind(("0.0.0.0", PORT))
        for over_tcp in (False, True):
            assert container.find("db", over_tcp=over_tcp) == ["10.7.0.3"]


def test_a_container_is_served_anew_after_the_resolver_was_killed(network: Network) -> None:
    network.tell(*ENTRIES)
    container = network.enter()
    (pidfd,) = network.pids.values()
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    assert is_ready(pidfd, 60_000)
    container.serve(network.folder).finish()
    network.find_new()
    for over_tcp in (False, True):
        assert container.find("db", over_tcp=over_tcp) == ["10.7.0.3"]


def test_a_thousand_questions_a_second(network: Network) -> None:
    """By the processor time that the resolver takes for them, which is its own whatever else the machine does."""
    network.tell(*ENTRIES)
    container = network.enter()
    (pid,) = network.pids
    query = dns.message.make_query("db", "A").to_wire()
    with container.socket() as peer:
        before = cpu_seconds(pid)
        for _ in range(1000):
            peer.send(query)
            assert peer.recv(512)
        assert cpu_seconds(pid) - before < 1


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
