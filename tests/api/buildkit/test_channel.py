"""gRPC over one connection, with gRPC's own library at its other end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from tests.api.buildkit.wire import (
    PREFACE,
    SECONDS,
    SETTINGS,
    WINDOW_UPDATE,
    asked,
    called,
    echo,
    failure,
    frame,
    handler,
    message,
    request,
    running,
    served,
)

from onggi.api.buildkit.grpc import status
from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.connection import Connection
from onggi.api.buildkit.grpc.server import Server
from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.grpc.stream import Stream

LARGE = bytes(range(256)) * (1 << 16)
"""16 MB, the most that a message may have."""


def _echo(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
    yield from requests


@pytest.mark.parametrize("size", [0, 1, 65530, 1 << 20, 16 << 20])
def test_a_message_comes_as_it_was_sent(size: int) -> None:
    with asked() as client:
        assert client.unary_unary("/test/Echo")(LARGE[:size], timeout=SECONDS) == LARGE[:size]


@pytest.mark.parametrize("size", [0, 1, 65530, 1 << 20, 16 << 20])
def test_a_message_comes_back_from_who_is_called(size: int) -> None:
    with called(handler(Echo=_echo)) as channel:
        stream = channel.call("/test/Echo")
        stream.send(LARGE[:size])
        stream.finish()
        assert stream.receive() == LARGE[:size]
        assert stream.receive() is None


def test_many_messages_come_in_their_order() -> None:
    words = [b"%d" % number for number in range(500)]
    with asked() as client:
        assert list(client.stream_stream("/test/Echo")(iter(words), timeout=SECONDS)) == words
    with called(handler(Echo=_echo)) as channel:
        stream = channel.call("/test/Echo")
        for word in words:
            stream.send(word)
        stream.finish()
        assert [stream.receive() for _ in words] == words


def test_a_message_is_never_larger_than_buildkit_allows() -> None:
    with asked() as client, pytest.raises(grpc.RpcError) as refused:
        client.unary_unary("/test/Echo")(LARGE + b"x", timeout=SECONDS)
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    with called(handler(Echo=_echo)) as channel, pytest.raises(CallError, match="too large"):
        channel.call("/test/Echo").send(LARGE + b"x")
    with called(handler(Large=lambda requests, context: iter([LARGE + b"x"]))) as channel:
        assert failure(channel.call("/test/Large")).code == status.RESOURCE_EXHAUSTED


def test_two_hundred_calls_go_on_at_once() -> None:
    all_here = threading.Barrier(201, timeout=SECONDS)

    def wait(stream: Stream) -> None:
        all_here.wait()
        echo(stream)

    with asked(wait) as client:
        method = client.unary_unary("/test/Wait")
        answers = [method.future(b"%d" % number, timeout=SECONDS) for number in range(200)]
        all_here.wait()
        assert [each.result() for each in answers] == [b"%d" % number for number in range(200)]


def test_more_calls_than_are_served_at_once_wait() -> None:
    with asked() as client:
        method = client.unary_unary("/test/Echo")
        answers = [method.future(b"%d" % number, timeout=SECONDS) for number in range(600)]
        assert [each.result() for each in answers] == [b"%d" % number for number in range(600)]


def test_more_calls_than_the_other_side_serves_wait() -> None:
    with called(handler(Echo=_echo), max_concurrent_streams=2) as channel:
        first = channel.call("/test/Echo")
        first.send(b"x")
        assert first.receive() == b"x"  # its settings have come
        second, third = channel.call("/test/Echo"), list[Stream]()
        waits = threading.Thread(target=lambda: third.append(channel.call("/test/Echo")))
        waits.start()
        second.send(b"x")
        assert second.receive() == b"x"
        assert not third
        first.finish()
        assert first.receive() is None
        waits.join(SECONDS)
        assert len(third) == 1
        for each in (second, *third):
            each.give_up()


# How calls end.


def test_an_error_is_told_with_all_that_it_says() -> None:
    def fail(stream: Stream) -> None:
        raise CallError(status.NOT_FOUND, "100 % weg: “옹기”\n\udc80", b"\0\1details")

    with asked(fail) as client, pytest.raises(grpc.RpcError) as told:
        client.unary_unary("/test/Fail")(b"", timeout=SECONDS)
    assert told.value.code() == grpc.StatusCode.NOT_FOUND
    assert told.value.details() == "100 % weg: “옹기”\n?"
    assert dict(told.value.trailing_metadata())["grpc-status-details-bin"] == b"\0\1details"


def test_an_error_of_who_is_called_is_heard() -> None:
    def fail(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        yield b"first"
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "100 % “옹기”")

    with called(handler(Fail=fail)) as channel:
        stream = channel.call("/test/Fail")
        assert stream.receive() == b"first"
        told = failure(stream)
        assert (told.code, told.message) == (status.PERMISSION_DENIED, "100 % “옹기”")
        told = failure(channel.call("/test/Missing"))  # whose head is all of the answer
        assert told.code == status.UNIMPLEMENTED


def test_a_mistake_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call whose thread breaks off does not wait for ever; what it was is told as of any other thread."""
    said: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", said.append)

    def break_off(stream: Stream) -> None:
        raise KeyError("oops")

    with asked(break_off) as client, pytest.raises(grpc.RpcError) as told:
        client.unary_unary("/test/Break")(b"", timeout=SECONDS)
    assert told.value.code() == grpc.StatusCode.INTERNAL
    assert [each.exc_type for each in said] == [KeyError]


def test_a_file_that_cannot_be_written_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the system in a call is not taken for one of its connection."""
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    def fill(stream: Stream) -> None:
        raise OSError(28, "No space left on device")

    with asked(fill) as client, pytest.raises(grpc.RpcError) as told:
        client.unary_unary("/test/Fill")(b"", timeout=SECONDS)
    assert told.value.code() == grpc.StatusCode.INTERNAL


def test_metadata_comes_with_a_call() -> None:
    heard: list[str] = []
    with asked(lambda stream: heard.append(stream.metadata["buildkit-controlapi-buildid"])) as client:
        list(client.stream_stream("/t/M")(iter([]), metadata=[("buildkit-controlapi-buildid", "x y")]))
    assert heard == ["x y"]

    def tell(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        said = context.invocation_metadata()
        yield ",".join(str(value) for key, value in said if key == "include-patterns").encode()

    with called(handler(Tell=tell)) as channel:
        stream = channel.call("/test/Tell", [("include-patterns", "a"), ("include-patterns", "b")])
        assert stream.receive() == b"a,b"


def test_who_is_called_may_end_before_all_was_sent() -> None:
    """Whoever sends to it then does not wait for room that never comes."""

    def refuse(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        next(requests)
        context.abort(grpc.StatusCode.UNAVAILABLE, "the disk is full")
        yield b""

    with called(handler(Refuse=refuse)) as channel:
        stream = channel.call("/test/Refuse")
        with pytest.raises(CallError, match="the disk is full"):
            while True:
                stream.send(bytes(1 << 20))


def test_an_answer_ends_a_call_whose_caller_has_more_to_say() -> None:
    with asked(lambda stream: stream.send(b"enough")) as client:
        more = threading.Event()

        def say() -> Iterator[bytes]:
            yield b"x"
            more.wait(SECONDS)

        assert list(client.stream_stream("/test/Enough")(say(), timeout=SECONDS)) == [b"enough"]
        more.set()


# Who does not wait any more.


def test_a_call_that_is_given_up_ends() -> None:
    begun, over = threading.Event(), threading.Event()

    def wait(stream: Stream) -> None:
        stream.when_ended(over.set)
        begun.set()
        assert over.wait(SECONDS)
        stream.send(b"nobody reads this")

    with asked(wait) as client:
        answer = client.unary_unary("/test/Wait").future(b"")
        assert begun.wait(SECONDS)
        answer.cancel()
        assert over.wait(SECONDS)


def test_a_call_that_took_too_long_is_given_up_by_its_caller() -> None:
    over = threading.Event()

    def wait(stream: Stream) -> None:
        stream.when_ended(over.set)
        assert over.wait(SECONDS)

    with asked(wait) as client, pytest.raises(grpc.RpcError) as told:
        client.unary_unary("/test/Wait")(b"", timeout=0.05)
    assert told.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert over.is_set()


def test_who_is_called_hears_that_nobody_waits() -> None:
    over = threading.Event()

    def wait(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        context.add_callback(over.set)
        yield b"begun"
        over.wait(SECONDS)

    with called(handler(Wait=wait)) as channel:
        stream = channel.call("/test/Wait")
        assert stream.receive() == b"begun"
        stream.give_up()
        assert over.wait(SECONDS)
        assert failure(stream).code == status.CANCELLED
        with pytest.raises(CallError):
            stream.send(b"x")


def test_a_server_that_ends_is_heard_by_all_who_call() -> None:
    begun = threading.Event()

    def wait(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        begun.set()
        yield from requests

    with ExitStack() as scope:
        channel = scope.enter_context(called(handler(Wait=wait)))
        stream = channel.call("/test/Wait")
        assert begun.wait(SECONDS)
        scope.close()
        assert failure(stream).code in (status.UNAVAILABLE, status.CANCELLED)
        with pytest.raises(CallError, match="gone"):
            channel.call("/test/Wait")


# Who does not read.


@pytest.mark.parametrize("most", [20, 200])
def test_who_does_not_read_what_is_sent_holds_their_own_call_alone(most: int) -> None:
    """On either side: all but one of many calls send to somebody who takes nothing."""
    let_go = threading.Event()

    def serve(stream: Stream) -> None:
        if stream.path == "/test/Deaf":
            let_go.wait(SECONDS)
        elif stream.path == "/test/Flood":
            with pytest.raises(CallError):
                while True:
                    stream.send(bytes(1 << 16))
        else:
            echo(stream)

    with served(serve) as connection:
        connection.settimeout(None)  # not when it is in use: a read that begins just then would fail
        channel = Channel(connection)
        with running(channel, connection):
            floods = [channel.call("/test/Flood") for _ in range(most // 2)]
            deaf = [channel.call("/test/Deaf") for _ in range(most // 2)]
            threads = [threading.Thread(target=_fill, args=(each,)) for each in deaf]
            for thread in threads:
                thread.start()
            try:
                for number in range(20):
                    stream = channel.call("/test/Echo")
                    stream.send(b"%d" % number)
                    stream.finish()
                    assert stream.receive() == b"%d" % number
            finally:
                for each in (*floods, *deaf):
                    each.give_up()
                let_go.set()
            for thread in threads:
                thread.join(SECONDS)
                assert not thread.is_alive()


def _fill(stream: Stream) -> None:
    try:
        while True:
            stream.send(bytes(1 << 16))
    except CallError:
        pass


def test_who_takes_nothing_of_a_connection_is_given_up() -> None:
    """Not even the answers to what they ask HTTP/2 itself; whoever sends there hears of it."""
    failed = threading.Event()

    def flood(stream: Stream) -> None:
        try:
            while True:
                stream.send(bytes(1 << 16))
        except CallError:
            failed.set()
            raise

    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with ours, running(Server(theirs, flood, patience=0.2), theirs) as thread:
        room = (1 << 30).to_bytes(4, "big")
        ours.sendall(PREFACE + frame(SETTINGS, 0, 0, b"\0\4" + room) + frame(WINDOW_UPDATE, 0, 0, room))
        ours.sendall(request(1) + message(1, b""))
        assert failed.wait(SECONDS)
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    "begin", [Channel, lambda connection: Server(connection, echo)], ids=["who calls", "who serves"]
)
def test_a_connection_is_begun_though_there_is_no_call(begin: Callable[[socket.socket], Connection]) -> None:
    ours, theirs = socket.socketpair()
    theirs.settimeout(SECONDS)
    with theirs, running(begin(ours), ours):
        assert theirs.recv(1)
