"""Readers of different speed at a monitor."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from onggi.linux import clients, frames
from onggi.linux.backlog import MANY, MOST_IN_MEMORY
from onggi.linux.clients import PATIENCE, Client, Clients
from onggi.linux.loop import Loop
from onggi.linux.stdio import Stdio

CHUNK = bytes(256 * 1024)


class Served:
    """Clients with one that is attached, and our end of its connection."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.rooms = 0
        self.kinds: list[int] = []
        self.all = Clients(self.loop, self.on_frame, lambda client: None, self.on_room, lambda: True)
        self.ours, its = socket.socketpair()
        self.client = Client(its.detach(), is_attached=True)
        self.all.add(self.client)

    def on_frame(self, client: Client, kind: int, payload: bytes) -> None:
        self.kinds.append(kind)

    def on_room(self) -> None:
        self.rooms += 1

    def tell_until_it_is_behind(self) -> int:
        """The bytes that were told."""
        total = 0
        while not self.all.is_one_behind():
            self.all.tell_attached(frames.STDOUT, CHUNK)
            total += len(CHUNK)
        return total

    def receive(self, size: int) -> None:
        """So many bytes of the stream, or a few more."""
        parser = frames.Parser()
        while size > 0:
            self.loop.turn(0)
            size -= sum(len(payload) for _, payload in parser.feed(self.ours.recv(65536)))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with contextlib.chdir(tmp_path):
        served = Served()
        yield served
        served.ours.close()
        served.all.drop(served.client)
        served.all.refuse()


def test_a_reader_that_is_behind_is_waited_for(served: Served) -> None:
    total = served.tell_until_it_is_behind()
    assert MANY <= total < 16 << 20 and served.client.backlog.is_long()
    assert not served.rooms
    served.receive(total)
    assert served.rooms and not served.all.is_one_behind() and not served.client.backlog


def test_a_reader_that_has_stopped_is_not_waited_for_and_misses_nothing(served: Served) -> None:
    total = served.tell_until_it_is_behind()
    served.client.moved -= PATIENCE
    assert not served.all.is_one_behind()
    for _ in range(2 * MOST_IN_MEMORY // len(CHUNK)):
        served.all.tell_attached(frames.STDOUT, CHUNK)
        total += len(CHUNK)
    assert not served.client.backlog.is_long()  # the rest is in a file
    served.receive(total)
    assert not served.client.backlog


def test_nobody_may_be_behind_without_end(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MOST_BEHIND", 3 * MOST_IN_MEMORY)
    served.client.moved -= PATIENCE
    total = served.tell_until_it_is_behind()
    while len(served.client.backlog) <= 3 * MOST_IN_MEMORY:
        served.client.moved -= PATIENCE
        served.all.tell_attached(frames.STDOUT, CHUNK)
        total += len(CHUNK)
    served.client.moved -= PATIENCE
    assert served.all.is_one_behind()
    served.receive(MOST_IN_MEMORY + total - len(served.client.backlog))
    served.client.moved -= PATIENCE
    assert not served.all.is_one_behind()


def test_output_that_is_held_is_not_read(tmp_path: Path) -> None:
    got: list[bytes] = []
    loop = Loop()
    stdio = Stdio(loop, lambda stream, data: got.append(data), lambda: None)
    stdin, stdout, stderr = stdio.pipes(open_stdin=False)
    stdio.start()
    stdio.hold(True)
    os.write(stdout, b"one")
    loop.turn(0)
    assert not got
    stdio.hold(False)
    loop.turn(0)
    assert got == [b"one"]
    stdio.hold(True)
    os.write(stdout, b"two")
    stdio.drain()  # the container has ended
    assert got == [b"one", b"two"]
    stdio.close()
    for descriptor in (stdin, stdout, stderr):
        os.close(descriptor)


def test_who_has_gone_is_not_taken_for_who_has_its_descriptor_now(served: Served) -> None:
    """A process that goes on without its client ends later: that is told to nobody."""
    ours, its = socket.socketpair()
    number = served.client.descriptor
    served.all.drop(served.client)
    with its:
        os.dup2(its.fileno(), number)
    new = Client(number, is_attached=False)
    served.all.add(new)
    served.all.tell(served.client, frames.EXIT, frames.NUMBER.pack(0))
    served.all.answer(served.client, 0)
    served.all.drop(served.client)
    served.all.tell(new, frames.ANSWER)
    with ours:
        assert ours.recv(100) == frames.frame(frames.ANSWER)
    served.all.drop(new)


def test_who_comes_when_descriptors_are_used_up_waits(served: Served) -> None:
    served.all.listen()
    with socket.socket(socket.AF_UNIX) as late:
        late.connect("attach.sock")
        late.sendall(frames.frame(frames.KEEP_STDIN))
        with no_more_files():
            served.loop.turn(0)
            assert not served.kinds
        while not served.kinds:
            served.loop.turn()
    while served.rooms == 0:  # until it has gone
        served.loop.turn()
    assert served.kinds == [frames.KEEP_STDIN]


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """This process can open none within the block."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 8, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                opened.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
