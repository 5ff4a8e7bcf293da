"""The poll loop and its timers."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from pathlib import Path

import pytest

from onggi.linux.loop import EDGE, READ, Acceptor, Loop, WideLoop


@pytest.fixture(params=[Loop, WideLoop])
def loop(request: pytest.FixtureRequest) -> Loop:
    kind: type[Loop] = request.param
    return kind()


def test_timers_come_in_their_order_and_once(loop: Loop) -> None:
    seen: list[str] = []
    loop.after(0.02, lambda: seen.append("late"))
    loop.after(0.0, lambda: seen.append("now"))
    cancelled = loop.after(0.01, lambda: seen.append("never"))
    loop.cancel(cancelled)
    deadline = time.monotonic() + 5
    while len(seen) < 2 and time.monotonic() < deadline:
        loop.turn()
    loop.turn(0)
    assert seen == ["now", "late"]


def test_a_timer_may_cancel_another_that_is_due(loop: Loop) -> None:
    seen: list[str] = []
    other = loop.after(0.0, lambda: seen.append("other"))
    loop.cancel(other)
    first = loop.after(0.0, lambda: loop.cancel(second))
    second = loop.after(0.0, lambda: seen.append("second"))
    assert first is not second
    loop.turn()
    loop.turn(0)
    assert seen == []


def test_to_cancel_what_is_over_is_nothing(loop: Loop) -> None:
    timer = loop.after(0.0, lambda: None)
    loop.turn()
    loop.cancel(timer)
    loop.cancel(None)


def test_what_was_ready_is_not_told_of_another_file_by_the_same_number(loop: Loop) -> None:
    """A monitor waited for the end of a process that had none: its descriptor had the number of one that had."""
    pipes = [os.pipe() for _ in range(3)]
    readers = [read for read, _ in pipes]
    seen: list[bytes] = []
    later: list[str] = []

    def take(descriptor: int) -> None:
        seen.append(os.read(descriptor, 10))
        for other in readers:
            loop.forget(other)
            if other != descriptor:
                os.dup2(quiet, other)
                loop.watch(other, lambda events: later.append("not ready"))

    quiet, end = os.pipe()
    for read, write in pipes:
        os.write(write, b"x")
        loop.watch(read, lambda events, read=read: take(read))  # type: ignore[misc]
    loop.turn()
    loop.turn(0)
    assert (seen, later) == ([b"x"], [])
    os.write(end, b"y")
    loop.turn()
    assert later == ["not ready"] * 2
    for descriptor in (*sum(pipes, ()), quiet, end):
        os.close(descriptor)


def test_descriptors_and_timers_together(loop: Loop) -> None:
    read, write = os.pipe()
    seen: list[object] = []
    loop.watch(read, lambda events: seen.append(os.read(read, 10)))
    loop.after(60, lambda: seen.append("too early"))
    os.write(write, b"x")
    loop.turn()
    assert seen == [b"x"]
    os.close(read)
    os.close(write)


def test_an_edge_is_told_once() -> None:
    loop = WideLoop()
    reader, writer = os.pipe()
    seen: list[int] = []
    loop.watch(reader, seen.append, READ | EDGE)
    for count in (1, 2):
        os.write(writer, b"x")
        loop.turn(1000)
        loop.turn(0)
        assert seen == [READ] * count
    os.close(writer)
    os.close(reader)


class _Failing(socket.socket):
    """A listener of whose first connection accept(2) says `refusal`."""

    refusal = 0

    def _accept(self) -> tuple[int, object]:
        if self.refusal:
            refusal, self.refusal = self.refusal, 0
            raise OSError(refusal, os.strerror(refusal))
        return super()._accept()  # type: ignore[misc, no-any-return]


@pytest.mark.parametrize(("refusal", "waits"), [(errno.EMFILE, True), (errno.ENOBUFS, True), (errno.EPROTO, False)])
def test_who_comes_while_no_descriptor_is_left_waits(loop: Loop, refusal: int, waits: bool) -> None:
    taken: list[int] = []
    with _Failing() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.refusal = refusal
        acceptor = Acceptor(loop, listener, taken.append)
        client.connect(listener.getsockname())
        loop.turn()
        assert (listener.fileno() not in loop) is waits
        while not taken:
            loop.turn()
        acceptor.close()
        os.close(taken[0])


def test_who_would_get_a_number_that_is_not_for_them_waits(loop: Loop, tmp_path: Path) -> None:
    taken: list[int] = []
    with contextlib.ExitStack() as stack:
        listener, *clients = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(3)]
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        for client in clients:
            client.connect(listener.getsockname())
        free = os.dup(listener.fileno())
        os.close(free)
        acceptor = Acceptor(loop, listener, taken.append, most=free + 1)
        loop.turn()
        loop.turn()
        assert taken == [free]
        assert listener.fileno() not in loop
        os.close(free)
        while len(taken) < 2:
            loop.turn()
        assert taken == [free, free]
        acceptor.close()
        os.close(free)
