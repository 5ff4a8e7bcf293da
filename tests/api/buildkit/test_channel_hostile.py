"""What strangers send to who serves gRPC, or answer who calls: there is an answer or an end, and nothing stays."""

from __future__ import annotations

import os
import socket
import threading
import tracemalloc
from collections.abc import Callable

import hpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.buildkit.wire import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RESET,
    SECONDS,
    SETTINGS,
    WINDOW_UPDATE,
    echo,
    frame,
    message,
    request,
    running,
    served,
)

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.grpc.stream import Stream

HELLO = PREFACE + frame(SETTINGS, 0, 0)
CALL = request(1) + message(1, b"x")


def said(connection: socket.socket, data: bytes) -> bytes:
    """All that is answered to somebody who says nothing after that."""
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
    pieces = []
    while piece := connection.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def frames(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """Kind, flags, number and body of each."""
    found = []
    while data:
        size = int.from_bytes(data[:3], "big")
        found.append((data[3], data[4], int.from_bytes(data[5:9], "big"), data[9 : 9 + size]))
        data = data[9 + size :]
    return found


def until(connection: socket.socket, is_it: Callable[[tuple[int, int, int, bytes]], bool]) -> None:
    """Such a frame comes."""
    data = b""
    while True:
        while len(data) >= 9 and len(data) >= (end := 9 + int.from_bytes(data[:3], "big")):
            found, data = frames(data[:end])[0], data[end:]
            if is_it(found):
                return
        piece = connection.recv(1 << 16)
        assert piece, "the connection has ended"
        data += piece


ENDS = {
    "no HTTP/2": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "noise": bytes(range(256)) * 64,
    "nothing": b"",
    "half a preface": PREFACE[:10],
    "half a frame": HELLO + frame(PING, 0, 0, bytes(8))[:-1],
    "a frame that is too large": HELLO + frame(DATA, 0, 1, bytes(1 << 15)),
    "data of no call": HELLO + message(1, b"x"),
    "an even number": HELLO + request(2),
    "numbers that go down": HELLO + request(3) + request(1),
    "headers that are none": HELLO + frame(HEADERS, END_HEADERS, 1, b"\xff" * 40),
    "no end of headers": HELLO + request(1, flags=0) + frame(PING, 0, 0, bytes(8)),
    "continuations without end": HELLO + request(1, flags=0) + frame(CONTINUATION, 0, 1, b"\0\1a\1b") * 200,
    "more headers than allowed": HELLO + request(1, *(("x", "y" * 4000) for _ in range(30)), flags=END_HEADERS)[:9],
    "a window that is too large": HELLO + frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff") * 2,
    "settings that cannot be": HELLO + frame(SETTINGS, 0, 0, b"\0\5\0\0\0\1"),
    "a farewell": HELLO + CALL + frame(GOAWAY, 0, 0, bytes(8)),
    "more calls than allowed": HELLO + b"".join(request(number) for number in range(1, 601, 2)),
}


@pytest.mark.parametrize("what", ENDS)
def test_what_makes_no_sense_ends_the_connection(what: str) -> None:
    files, threads = os.listdir("/proc/self/fd"), threading.active_count()
    with served() as connection:
        said(connection, ENDS[what])
    assert len(os.listdir("/proc/self/fd")) == len(files)
    assert threading.active_count() == threads


def test_a_bomb_of_headers_is_not_unpacked() -> None:
    """A table's entry that is named again and again takes a byte each time (CVE-2016-6581)."""
    encoder = hpack.Encoder()
    encoder.encode([("x", "y" * 3000)])
    bomb = encoder.encode([("x", "y" * 3000)]) * 10_000
    whole = hpack.Encoder().encode([("x", "y" * 3000)]) + bomb
    with served() as connection:
        answers = frames(said(connection, HELLO + frame(HEADERS, END_HEADERS, 1, whole)))
    assert answers[-1][0] == GOAWAY


def test_half_a_frame_and_silence_has_its_time() -> None:
    with served(patience=0.1) as connection:
        connection.sendall(HELLO + frame(PING, 0, 0, bytes(8))[:-1])
        while connection.recv(1 << 16):
            pass


def test_who_is_there_may_say_nothing_for_long() -> None:
    """They answer when they are asked."""
    with served(patience=0.05) as connection:
        connection.sendall(HELLO)
        for _ in range(4):
            until(connection, lambda found: found[:2] == (PING, 0))
            connection.sendall(frame(PING, 1, 0, bytes(8)))
        connection.sendall(CALL)
        until(connection, lambda found: found[0] == DATA and found[3] == b"\0\0\0\0\1x")


def test_a_ping_is_answered() -> None:
    with served() as connection:
        assert (PING, 1, 0, b"12345678") in frames(said(connection, HELLO + frame(PING, 0, 0, b"12345678")))


def test_calls_that_are_given_up_at_once_are_few_threads() -> None:
    """CVE-2023-44487: each counts as over to HTTP/2, but not to who serves it."""
    most, waiting = 0, threading.Event()

    def count(stream: Stream) -> None:
        nonlocal most
        most = max(most, threading.active_count())
        waiting.wait(SECONDS)

    cancel = (8).to_bytes(4, "big")
    flood = b"".join(request(number) + frame(RESET, 0, number, cancel) for number in range(1, 6001, 2))
    with served(count) as connection:
        connection.sendall(HELLO + flood + frame(PING, 0, 0, bytes(8)))
        until(connection, lambda found: found[:2] == (PING, 1))
        assert most < 300
        waiting.set()


def test_empty_pieces_take_no_memory() -> None:
    """CVE-2019-9518: they cost no window."""

    def wait(stream: Stream) -> None:
        stream.has_ended.wait(SECONDS)

    with served(wait) as connection:
        connection.sendall(HELLO + request(1))
        tracemalloc.start()
        try:
            connection.sendall(frame(DATA, 0, 1) * 20_000 + frame(PING, 0, 0, bytes(8)))
            until(connection, lambda found: found[:2] == (PING, 1))
            assert tracemalloc.get_traced_memory()[0] < 1_000_000
        finally:
            tracemalloc.stop()


def test_who_asks_and_does_not_read_is_ended() -> None:
    """CVE-2019-9512: the answers to pings take memory."""
    with served() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(OSError):
            while True:
                connection.sendall(HELLO)
                while True:
                    connection.sendall(frame(PING, 0, 0, bytes(8)) * 1000)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(message(1, b"x", compression=1), b"12", id="compressed"),
        pytest.param(frame(DATA, END_STREAM, 1, b"\0\xff\xff\xff\xff"), b"8", id="too large"),
        pytest.param(frame(DATA, END_STREAM, 1, b"\0\0\0\0\5abc"), b"13", id="broken off"),
        pytest.param(frame(DATA, END_STREAM, 1, b"\0\0"), b"13", id="broken off in its head"),
    ],
)
def test_what_is_no_message_is_an_answer(sent: bytes, code: bytes) -> None:
    with served() as connection:
        connection.sendall(HELLO + request(1) + sent)
        decoder, status = hpack.Decoder(), list[bytes]()

        def is_end(found: tuple[int, int, int, bytes]) -> bool:
            if found[0] == HEADERS:
                status.extend(value for name, value in decoder.decode(found[3], raw=True) if name == b"grpc-status")
            return found[0] == HEADERS and bool(found[1] & END_STREAM)

        until(connection, is_end)
    assert status == [code]


def test_a_request_that_is_no_call_is_refused() -> None:
    head = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")]
    with served() as connection:
        connection.sendall(HELLO + frame(HEADERS, END_HEADERS | END_STREAM, 1, hpack.Encoder().encode(head)))
        until(connection, lambda found: found[0] == HEADERS and bool(found[1] & END_STREAM))


def test_a_call_given_up_in_one_breath_with_a_farewell_is_given_up() -> None:
    """gRPC's client in Go says both at once, when its program is ended."""
    begun, over = threading.Event(), threading.Event()

    def wait(stream: Stream) -> None:
        stream.when_ended(over.set)
        begun.set()
        over.wait(SECONDS)

    with served(wait) as connection:
        connection.sendall(HELLO + request(1))
        assert begun.wait(SECONDS)
        connection.sendall(frame(RESET, 0, 1, (8).to_bytes(4, "big")) + frame(GOAWAY, 0, 0, bytes(8)))
        assert over.wait(SECONDS)


# What is answered to who calls.

ANSWERS = {
    "no HTTP/2": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "an end": b"",
    "no status": frame(SETTINGS, 0, 0) + frame(HEADERS, 5, 1, hpack.Encoder().encode([(":status", "200")])),
    "a status that is no number": frame(SETTINGS, 0, 0)
    + frame(HEADERS, 5, 1, hpack.Encoder().encode([(":status", "200"), ("grpc-status", "9" * 5000)])),
    "a message that is broken off": frame(SETTINGS, 0, 0)
    + frame(HEADERS, 4, 1, hpack.Encoder().encode([(":status", "200")]))
    + frame(DATA, 1, 1, b"\0\0\0\0\5abc"),
    "a call of their own": frame(SETTINGS, 0, 0) + request(2),
    "another call's answer": frame(SETTINGS, 0, 0) + frame(HEADERS, 5, 7, hpack.Encoder().encode([(":status", "200")])),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_that_makes_no_sense_is_a_failure(what: str) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        channel = Channel(ours)
        with running(channel, ours):
            stream = channel.call("/test/Echo")
            stream.send(b"x")
            theirs.sendall(ANSWERS[what])
            theirs.shutdown(socket.SHUT_WR)
            with pytest.raises(CallError):
                while stream.receive() is not None:
                    pass


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.builds(
                frame,
                st.integers(0, 10),
                st.sampled_from([0, 1, 4, 5, 8, 0x20, 0x2D]),
                st.integers(0, 5),
                st.binary(max_size=30),
            ),
            st.sampled_from([CALL, request(1), request(3), message(1, b"abc"), frame(RESET, 0, 1, bytes(4))]),
        ),
        max_size=12,
    )
)
def test_whatever_is_sent_there_is_an_end(pieces: list[bytes]) -> None:
    """And no mistake of ours: a thread that breaks off fails the test."""
    with served(echo) as connection:
        said(connection, HELLO + b"".join(pieces))
