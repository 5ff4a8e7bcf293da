"""A client that builds by BuildKit's protocol, and has a session with what only a client has."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import msgspec
from tests.api.buildkit.wire import running

from onggi.api.buildkit.channel import Channel, Stream, unknown
from onggi.api.buildkit.session import agents, credentials, files
from onggi.api.buildkit.session import secrets as asking
from onggi.api.buildkit.status import NOT_FOUND, CallError
from onggi.api.buildkit.wire.control_pb2 import Exporter, SolveRequest, SolveResponse
from onggi.api.buildkit.wire.session_pb2 import (
    BytesMessage,
    CheckAgentResponse,
    CredentialsRequest,
    CredentialsResponse,
    GetSecretRequest,
    GetSecretResponse,
    Packet,
    Stat,
)

Handler: TypeAlias = Callable[[Stream], None]


class Possessions(msgspec.Struct, kw_only=True):
    """What a client has: secrets by their IDs, logins (name, password) by hosts, the socket of an agent. `asked`: the
    secrets and hosts that were asked for."""

    secrets: Mapping[str, bytes] = {}
    logins: Mapping[str, tuple[str, str]] = {}
    agent: Path | None = None
    asked: list[str] = []


def build(
    path: Path, dockerfile: str, has: Possessions | None = None, *exporters: Exporter, **options: str
) -> SolveResponse:
    """By the server at a socket's path; steps have no network. Raises CallError."""
    name = secrets.token_hex(8)
    with ExitStack() as scope:
        services = _services(dockerfile, has or Possessions())
        served = [f"X-Docker-Expose-Session-Grpc-Method: {each}" for each in services]
        session = scope.enter_context(_dialled(path, "/session", f"X-Docker-Expose-Session-Uuid: {name}", *served))
        scope.enter_context(running(Channel(session, lambda stream: _serve(services, stream)), session))
        control = scope.enter_context(_dialled(path, "/grpc"))
        channel = Channel(control)
        scope.enter_context(running(channel, control))
        attributes = {"force-network-mode": "none", **options}
        request = SolveRequest(ref=name, session=name, frontend="dockerfile.v0", frontend_attrs=attributes)
        request.exporters.extend(exporters)
        stream = channel.call("/moby.buildkit.v1.Control/Solve")
        stream.send(request.SerializeToString())
        stream.finish()
        answer = stream.receive()
        assert answer is not None and stream.receive() is None
        return SolveResponse.FromString(answer)


@contextmanager
def _dialled(path: Path, route: str, *headers: str) -> Iterator[socket.socket]:
    """A connection that was upgraded."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        lines = (f"POST {route} HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: h2c", *headers, "", "")
        connection.sendall("\r\n".join(lines).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield connection


def _serve(services: Mapping[str, Handler], stream: Stream) -> None:
    if stream.path not in services:
        raise unknown(stream.path)
    services[stream.path](stream)


def _services(dockerfile: str, has: Possessions) -> dict[str, Handler]:
    def send_file(stream: Stream) -> None:
        """Whatever folder is meant: the one file of it."""
        data = dockerfile.encode()
        told = Stat(path=b"Dockerfile", mode=0o644, size=len(data))
        _send(stream, Packet(type=Packet.STAT, stat=told), Packet(type=Packet.STAT))
        while (message := stream.receive()) is not None:
            packet = Packet.FromString(message)
            if packet.type == Packet.REQ:
                _send(stream, Packet(type=Packet.DATA, id=packet.id, data=data))
                _send(stream, Packet(type=Packet.DATA, id=packet.id))
            elif packet.type == Packet.FIN:
                _send(stream, Packet(type=Packet.FIN))

    def give_secret(stream: Stream) -> None:
        name = GetSecretRequest.FromString(stream.receive() or b"").id
        has.asked.append(name)
        if name not in has.secrets:
            raise CallError(NOT_FOUND, "not found")
        stream.send(GetSecretResponse(data=has.secrets[name]).SerializeToString())

    def tell_login(stream: Stream) -> None:
        host = CredentialsRequest.FromString(stream.receive() or b"").host
        has.asked.append(host)
        user, password = has.logins.get(host, ("", ""))
        stream.send(CredentialsResponse(username=user, secret=password).SerializeToString())

    services: dict[str, Handler] = {
        files.METHOD: send_file,
        asking.METHOD: give_secret,
        credentials.METHOD: tell_login,
    }
    if has.agent is not None:
        services[agents.CHECK] = lambda stream: stream.send(CheckAgentResponse().SerializeToString())
        services[agents.FORWARD] = lambda stream: _forward(stream, str(has.agent))
    return services


def _send(stream: Stream, *packets: Packet) -> None:
    for packet in packets:
        stream.send(packet.SerializeToString())


def _forward(stream: Stream, agent: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(agent)

        def ask() -> None:
            while (message := stream.receive()) is not None:
                connection.sendall(BytesMessage.FromString(message).data)
            connection.shutdown(socket.SHUT_WR)

        asking = threading.Thread(target=ask)
        asking.start()
        while data := connection.recv(1 << 16):
            stream.send(BytesMessage(data=data).SerializeToString())
        asking.join()
