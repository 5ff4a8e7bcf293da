from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onggi.container.home import LOCK
from onggi.container.state import State, Status
from onggi.container.stdio import Stdio
from onggi.errors import Conflict
from onggi.linux import attach, channel, frames
from onggi.linux.attach import connect
from onggi.linux.state import write_state


def test_a_container_that_does_not_run(tmp_path: object) -> None:
    with pytest.raises(Conflict, match="not running"):
        connect(str(tmp_path))


def test_no_signal_is_lost_while_the_handlers_are_put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = signal.signal

    def install_and_send(number: int, handler: Any) -> Any:
        before = installed(number, handler)
        if handler is attach._wake_only:
            signal.raise_signal(number)
        return before

    ours, its = attach.pair()
    with ours, its:
        session = attach._Session("/nowhere", ours, Stdio(), b"")
        with monkeypatch.context() as patched:
            patched.setattr(signal, "signal", install_and_send)
            with attach._signals(session):
                seen = os.read(session.wakeup, 64)
        session.close()
    assert set(seen) == {*attach.PROXIED, signal.SIGWINCH}


class Talk:
    """An attached client in a thread, with a pipe for its stdin; we are the monitor."""

    def __init__(self) -> None:
        ours, self.peer = attach.pair()
        self.stdin, self.typed = os.pipe()
        self.exit_code: int | None = None
        self.parser = frames.Parser()
        self.thread = threading.Thread(target=self.attach, args=(ours,))

    def attach(self, ours: socket.socket) -> None:
        with open(os.devnull, "wb") as out:
            self.exit_code = attach.attach("/nowhere", Stdio(stdin=self.stdin, stdout=out.fileno()), ours)

    def receive(self, count: int) -> list[tuple[int, bytes]]:
        """So many frames, or pieces of them."""
        got: list[tuple[int, bytes]] = []
        while len(got) < count:
            got += [(kind, bytes(payload)) for kind, payload in self.parser.feed(self.peer.recv(65536))]
        return got

    def end(self) -> None:
        self.peer.sendall(frames.frame(frames.EXIT, frames.NUMBER.pack(7)))
        self.thread.join()
        self.peer.close()
        os.close(self.stdin)
        os.close(self.typed)
        assert self.exit_code == 7


@pytest.fixture
def talk() -> Iterator[Talk]:
    talk = Talk()
    yield talk
    talk.end()


def test_stdin_goes_by_way_of_the_monitor(talk: Talk) -> None:
    talk.thread.start()
    os.write(talk.typed, b"hello")
    assert talk.receive(1) == [(frames.STDIN, b"hello")]


def test_stdin_goes_right_into_a_pipe_that_the_monitor_gives(talk: Talk) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    channel.send(talk.peer, frames.frame(frames.INPUT), [write])
    os.close(write)
    talk.thread.start()
    data = os.urandom(500_000)  # more than it holds
    threading.Thread(target=lambda: os.write(talk.typed, data)).start()
    with open(read, "rb") as pipe:
        assert pipe.read(len(data)) == data
    # It is closed now, as by a container that reads no more: the monitor shall know what to do.
    os.write(talk.typed, b"more")
    assert talk.receive(1) == [(frames.STDIN, b"more")]


def test_the_end_of_stdin_is_the_end_of_the_pipe(talk: Talk) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    channel.send(talk.peer, frames.frame(frames.INPUT), [write])
    os.close(write)
    os.write(talk.typed, b"all")
    os.close(talk.typed)
    talk.typed = os.open(os.devnull, os.O_WRONLY)
    talk.thread.start()
    with open(read, "rb") as pipe:
        assert pipe.read() == b"all"
    assert talk.receive(1) == [(frames.CLOSE_STDIN, b"")]


@pytest.mark.parametrize("ask", [attach.wait, attach.settle])
def test_an_end_is_told_before_anybody_has_it_from_the_state(
    ask: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its monitor has said it in the state; what follows, events for one, it does before it leaves its lock."""
    write_state(tmp_path, State(status="exited", exit_code=3))
    lock = os.open(tmp_path / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    told: list[str] = []

    def end_of_the_monitor(seconds: float) -> None:
        told.append("die")
        os.close(lock)

    monkeypatch.setattr(time, "sleep", end_of_the_monitor)
    ask(tmp_path)
    assert told == ["die"]


@pytest.mark.parametrize("status", ["created", "running"])
def test_nothing_is_settled_where_nothing_ends(status: Status, tmp_path: Path) -> None:
    write_state(tmp_path, State(status=status))
    if status == "created":
        attach.settle(tmp_path)
        return
    with open(tmp_path / LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        attach.settle(tmp_path)
