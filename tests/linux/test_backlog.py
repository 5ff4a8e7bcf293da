from __future__ import annotations

import contextlib
import os
import socket
import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

from onggi.linux.backlog import MOST_IN_MEMORY, Backlog

CHUNK = 150_000


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-12, 12), max_size=20))
def test_bytes_come_out_in_order_from_memory_and_file(steps: list[int]) -> None:
    """A positive step appends so many chunks, a negative one reads."""
    ours, its = socket.socketpair()
    with ours, its, tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        ours.setblocking(False)
        its.setblocking(False)
        backlog, sent, got = Backlog(), bytearray(), bytearray()
        for step in steps:
            for _ in range(step):
                data = os.urandom(16) * (CHUNK // 16)
                sent += data
                backlog.pass_on(ours, data[:8], data[8:])
            for _ in range(-step):
                backlog.send(ours)
                got += receive(its)
        while backlog:
            backlog.send(ours)
            got += receive(its)
        got += receive(its)
        assert got == sent
        backlog.close()
        assert os.listdir(folder) == []


def receive(peer: socket.socket) -> bytes:
    try:
        return peer.recv(MOST_IN_MEMORY)
    except BlockingIOError:
        return b""
