"""Who waits for a start, and whose they are."""

from __future__ import annotations

import os
import socket

import pytest

from onggi.api.starts import Starts


def is_over(connection: socket.socket) -> bool:
    """Whether the other end was closed."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


def test_a_start_that_does_not_ask_leaves_them_waiting() -> None:
    starts = Starts()
    waiter = starts.join("web")
    with starts.clients("web"):
        pass
    assert not is_over(waiter.connection)
    with starts.clients("web") as clients:
        (its,) = clients()
        its.sendall(b"hello")
    assert waiter.connection.recv(64) == b"hello"
    assert is_over(waiter.connection)
    waiter.close()


def test_those_of_a_start_that_asked_are_let_go_however_it_ends() -> None:
    starts = Starts()
    waiter, other = starts.join("web"), starts.join("db")
    with pytest.raises(OSError, match="no space"), starts.clients("web") as clients:
        assert len(clients()) == 1
        assert not waiter.leave()
        raise OSError("no space")
    assert is_over(waiter.connection)
    assert not is_over(other.connection)
    for each in (waiter, other):
        each.close()


def test_each_is_given_to_one_start_alone() -> None:
    starts = Starts()
    waiter = starts.join("web")
    with starts.clients("web") as first, starts.clients("web") as second:
        assert (len(first()), len(second())) == (1, 0)
    waiter.close()


def test_who_has_left_is_nobody_s() -> None:
    starts = Starts()
    waiter = starts.join("web")
    before = len(os.listdir("/proc/self/fd"))
    assert waiter.leave()
    waiter.close()
    assert len(os.listdir("/proc/self/fd")) == before - 2
    with starts.clients("web") as clients:
        assert clients() == []


def test_of_very_many_a_start_is_given_as_many_as_a_message_holds() -> None:
    starts = Starts()
    waiters = [starts.join("web") for _ in range(250)]
    with starts.clients("web") as clients:
        assert len(clients()) == 240
    assert [each.leave() for each in waiters].count(True) == 10
    for each in waiters:
        each.close()
