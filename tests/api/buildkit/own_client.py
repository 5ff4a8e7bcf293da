"""A client that builds by BuildKit's protocol, and has a session with what only a client has."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias, TypeVar

import msgspec
from google.protobuf.message import Message
from tests.api.buildkit.fsutil_sender import Folders
from tests.api.buildkit.wire import running

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.server import Server
from onggi.api.buildkit.grpc.status import NOT_FOUND, CallError, unknown
from onggi.api.buildkit.grpc.stream import Headers, Stream
from onggi.api.buildkit.session import agents, credentials, files, pump, sends, uploads
from onggi.api.buildkit.session import secrets as asking
from onggi.api.buildkit.session.messages import tell
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
M = TypeVar("M", bound=Message)
CONTROL = "/moby.buildkit.v1.Control"


class Possessions(msgspec.Struct, kw_only=True):
    """What a client has: secrets by their IDs, logins (name, password) by hosts, the socket of an agent; folders, and
    the key that tells them from others; a tar that it uploads. taking: what becomes of an output that it gets. `asked`:
    the secrets and hosts that were asked for."""

    secrets: Mapping[str, bytes] = {}
    logins: Mapping[str, tuple[str, str]] = {}
    agent: Path | None = None
    folders: Folders | None = None
    shared_key: str = ""
    upload: bytes = b""
    taking: Handler | None = None
    asked: list[str] = []


def build(
    path: Path, dockerfile: str, has: Possessions | None = None, *exporters: Exporter, **options: str
) -> SolveResponse:
    """By the server at a socket's path; steps have no network. Raises CallError."""
    with session(path, dockerfile, has) as name, connection(path) as channel:
        attributes = {"force-network-mode": "none", **options}
        request = SolveRequest(ref=name, session=name, frontend="dockerfile.v0", frontend_attrs=attributes)
        request.exporters.extend(exporters)
        return answer(call(channel, f"{CONTROL}/Solve", request), SolveResponse)


@contextmanager
def session(path: Path, dockerfile: str, has: Possessions | None = None) -> Iterator[str]:
    """The name of a session, by which a client can be asked for these."""
    name = secrets.token_hex(8)
    has = has or Possessions()
    services = _services(dockerfile, has)
    served = [f"X-Docker-Expose-Session-Grpc-Method: {each}" for each in services]
    served.append(f"X-Docker-Expose-Session-Sharedkey: {has.shared_key}")
    with ExitStack() as scope:
        dialled = scope.enter_context(_dialled(path, "/session", f"X-Docker-Expose-Session-Uuid: {name}", *served))
        scope.enter_context(running(Server(dialled, lambda stream: _serve(services, stream)), dialled))
        yield name


@contextmanager
def session_in_call(channel: Channel, dockerfile: str) -> Iterator[str]:
    """The same of a client that has but one connection."""
    name = secrets.token_hex(8)
    services = _services(dockerfile, Possessions())
    methods = [("x-docker-expose-session-grpc-method", each) for each in services]
    inner, outer = socket.socketpair()
    stream = channel.call(f"{CONTROL}/Session", [("x-docker-expose-session-uuid", name), *methods])
    relay = threading.Thread(target=_relay, args=(stream, outer))
    relay.start()
    with outer:
        with running(Server(inner, lambda stream: _serve(services, stream)), inner):
            yield name
        relay.join()


@contextmanager
def connection(path: Path) -> Iterator[Channel]:
    """By which the server is called."""
    with _dialled(path, "/grpc") as dialled:
        channel = Channel(dialled)
        with running(channel, dialled):
            yield channel


def call(channel: Channel, path: str, request: Message, metadata: Headers = ()) -> Stream:
    """With one message. Its answer is still to come."""
    stream = channel.call(path, metadata)
    stream.send(request.SerializeToString())
    stream.finish()
    return stream


def answer(stream: Stream, kind: type[M]) -> M:
    """The one message of it. Raises CallError."""
    data = stream.receive()
    assert data is not None and stream.receive() is None
    return kind.FromString(data)


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
        tell(stream, Packet(type=Packet.STAT, stat=told), Packet(type=Packet.STAT))
        while (message := stream.receive()) is not None:
            packet = Packet.FromString(message)
            if packet.type == Packet.REQ:
                tell(stream, Packet(type=Packet.DATA, id=packet.id, data=data))
                tell(stream, Packet(type=Packet.DATA, id=packet.id))
            elif packet.type == Packet.FIN:
                tell(stream, Packet(type=Packet.FIN))

    def give_secret(stream: Stream) -> None:
        name = GetSecretRequest.FromString(stream.receive() or b"").id
        has.asked.append(name)
        if name not in has.secrets:
            raise CallError(NOT_FOUND, "not found")
        tell(stream, GetSecretResponse(data=has.secrets[name]))

    def tell_login(stream: Stream) -> None:
        host = CredentialsRequest.FromString(stream.receive() or b"").host
        has.asked.append(host)
        user, password = has.logins.get(host, ("", ""))
        tell(stream, CredentialsResponse(username=user, secret=password))

    services: dict[str, Handler] = {
        files.METHOD: has.folders or send_file,
        uploads.METHOD: lambda stream: tell(stream, BytesMessage(data=has.upload)),
        asking.METHOD: give_secret,
        credentials.METHOD: tell_login,
    }
    if has.taking is not None:
        services[sends.METHOD] = has.taking
    if has.agent is not None:
        services[agents.CHECK] = lambda stream: tell(stream, CheckAgentResponse())
        services[agents.FORWARD] = lambda stream: _forward(stream, str(has.agent))
    return services


def _forward(stream: Stream, agent: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(agent)
        _relay(stream, connection)


def _relay(stream: Stream, connection: socket.socket) -> None:
    """What comes of each, to the other."""
    asking = threading.Thread(target=pump.write, args=(stream, connection))
    asking.start()
    for piece in pump.read(connection):
        tell(stream, piece)
    stream.finish()
    asking.join()
