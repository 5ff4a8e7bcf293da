"""Agents that only the client has."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from tests.api.buildkit.grpc_client import session
from tests.api.buildkit.wire import SECONDS
from tests.waiting import eventually

from onggi.api.buildkit.session.agents import CHECK, FORWARD, Agents
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import CheckAgentRequest, CheckAgentResponse

LARGE = bytes(range(256)) * 4096


def _check(message: bytes, context: grpc.ServicerContext) -> bytes:
    if CheckAgentRequest.FromString(message).id not in ("echo", "deaf", "dead"):
        context.abort(grpc.StatusCode.UNKNOWN, "unset ssh forward key")
    return CheckAgentResponse().SerializeToString()


def _forward(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    """One that says what it is told, one that says nothing, and one that hangs up."""
    name = dict(context.invocation_metadata())["buildkit.ssh.id"]
    if name == "dead":
        context.abort(grpc.StatusCode.UNKNOWN, "no such socket")
    for request in requests:
        if name == "echo":
            yield request


@pytest.fixture(scope="module")
def client() -> Iterator[Session]:
    with session({CHECK: _check}, {FORWARD: _forward}) as served:
        yield served


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(SECONDS)
    connection.connect(str(path))
    return connection


def _read(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (piece := connection.recv(size - len(found))):
        found += piece
    return found


def _hangs_up(connection: socket.socket) -> bool:
    """Orderly or, where something was not read, not."""
    with suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def test_which_are_there(client: Session) -> None:
    agents = Agents(client)
    assert ["echo" in agents, "other" in agents] == [True, False]
    with session({}) as poor:
        assert "echo" not in Agents(poor)


def test_what_is_said_goes_both_ways(client: Session, tmp_path: Path) -> None:
    relay = Agents(client).listen("echo", tmp_path / "s", uid=7, gid=8, mode=0o640)
    status = (tmp_path / "s").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (7, 8, 0o640)
    with _connected(tmp_path / "s") as one, _connected(tmp_path / "s") as other:
        other.sendall(b"other")
        sending = threading.Thread(target=one.sendall, args=(LARGE,))
        sending.start()
        assert _read(one, len(LARGE)) == LARGE
        sending.join()
        one.shutdown(socket.SHUT_WR)
        assert one.recv(1) == b""
        assert _read(other, 5) == b"other"
    relay.close()


def test_nothing_stays(client: Session, tmp_path: Path) -> None:
    relay = Agents(client).listen("deaf", tmp_path / "s")
    connections = [_connected(tmp_path / "s") for _ in range(100)]  # more than go on at a time
    connections[0].sendall(b"hello")
    relay.close()
    relay.close()
    assert not (tmp_path / "s").exists()
    for connection in connections:
        with connection:
            assert _hangs_up(connection)
    eventually(lambda: "ssh agent" not in {thread.name for thread in threading.enumerate()})


def test_who_hangs_up_makes_room(client: Session, tmp_path: Path) -> None:
    relay = Agents(client).listen("echo", tmp_path / "s")
    for _ in range(100):
        with _connected(tmp_path / "s") as connection:
            connection.sendall(b"x")
            assert connection.recv(1) == b"x"
    relay.close()


def test_an_agent_that_hangs_up(client: Session, tmp_path: Path) -> None:
    relay = Agents(client).listen("dead", tmp_path / "s")
    with _connected(tmp_path / "s") as connection:
        assert _hangs_up(connection)
    relay.close()


def test_a_client_that_goes(tmp_path: Path) -> None:
    with session({}, {FORWARD: _forward}) as client:
        relay = Agents(client).listen("deaf", tmp_path / "s")
        connection = _connected(tmp_path / "s")
        connection.sendall(b"hello")
    with connection, _connected(tmp_path / "s") as late:
        assert _hangs_up(connection)
        assert _hangs_up(late)
    relay.close()
