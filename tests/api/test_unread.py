"""How much a client has not read."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

import pytest

from onggi.api.unread import unread

Connected: TypeAlias = AbstractContextManager[tuple[socket.socket, socket.socket]]


@contextmanager
def unix() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@contextmanager
def tcp(listening: str, called: str, family: int) -> Iterator[tuple[socket.socket, socket.socket]]:
    is_both = listening == "::" and called == "127.0.0.1"
    with (
        socket.create_server((listening, 0), family=family, dualstack_ipv6=is_both) as server,
        socket.create_connection((called, server.getsockname()[1])) as theirs,
        server.accept()[0] as ours,
    ):
        yield ours, theirs


@pytest.mark.parametrize(
    "connected",
    [
        unix,
        lambda: tcp("127.0.0.1", "127.0.0.1", socket.AF_INET),
        lambda: tcp("::1", "::1", socket.AF_INET6),
        lambda: tcp("::", "127.0.0.1", socket.AF_INET6),
    ],
    ids=["unix", "tcp", "tcp6", "tcp of both"],
)
def test_what_a_client_has_not_read(connected: Callable[[], Connected]) -> None:
    with connected() as (ours, theirs):
        assert unread(ours) == 0
        ours.sendall(b"hello")
        assert unread(ours) > 0
        assert theirs.recv(2) == b"he"
        assert unread(ours) > 0
        assert theirs.recv(64) == b"llo"
        assert unread(ours) == 0


def test_nobody_is_there_to_read() -> None:
    with tcp("127.0.0.1", "127.0.0.1", socket.AF_INET) as (ours, theirs):
        theirs.close()
        assert ours.recv(1) == b""
        assert unread(ours) == 0
