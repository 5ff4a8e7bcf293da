"""Clients that are asked for something, and need not answer."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from tests.api.buildkit.wire import SECONDS, SETTINGS, frame, running

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.server import Server
from onggi.api.buildkit.grpc.status import CANCELLED, UNAVAILABLE, CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.session.calls import ask
from onggi.api.buildkit.session.secrets import METHOD, Secrets
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import GetSecretRequest, GetSecretResponse
from onggi.errors import Unavailable
from onggi.solve.ports import Cancel

MOST_CALLS = 3  # of a connection at once, as SETTINGS says it (RFC 9113, 6.5.2)


def wait(stream: Stream) -> None:
    stream.has_ended.wait(SECONDS)


@pytest.fixture
def silent() -> Iterator[Session]:
    """It serves everything, and answers nothing."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    with running(Server(theirs, wait), theirs), running(channel, ours):
        yield Session("of-tests", channel, frozenset())


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(silent: Session) -> None:
    with pytest.raises(CallError, match=r"^no answer came for 0\.05 seconds$") as raised:
        ask(silent, METHOD, GetSecretRequest(id="key"), GetSecretResponse, patience=0.05)
    assert raised.value.code == UNAVAILABLE


def test_what_is_given_up_waits_for_no_answer(silent: Session) -> None:
    cancel = Cancel()
    stream = silent.until(cancel).channel.call(METHOD)
    cancel.set()
    with pytest.raises(CallError) as raised:
        stream.receive()
    assert raised.value.code == CANCELLED
    with pytest.raises(Unavailable, match="does not give the secret key"):
        Secrets(silent.until(cancel)).get("key")


def test_who_takes_no_calls_is_not_waited_for_for_ever() -> None:
    ours, theirs = socket.socketpair()
    with theirs, running(channel := Channel(ours, patience=0.2), ours):
        theirs.sendall(frame(SETTINGS, 0, 0, struct.pack(">HI", MOST_CALLS, 0)))
        while b"\x00\x00\x00\x04\x01" not in theirs.recv(1 << 16):  # that it has been heard
            pass
        with pytest.raises(CallError, match="takes no more calls") as raised:
            channel.call(METHOD)
        assert raised.value.code == UNAVAILABLE
