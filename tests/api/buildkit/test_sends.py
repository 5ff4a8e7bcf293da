"""Outputs that a client gets: files in pieces, trees of files by fsutil's protocol, which is asked of our own receiver
at the other end of gRPC's own library."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.api.buildkit import grpc_client
from tests.api.buildkit.trees import facts

from onggi.api.buildkit.session.sends import METHOD, Destination, FileOfClient, FolderOfClient
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.session.tree import Tree
from onggi.api.buildkit.wire.session_pb2 import BytesMessage, Packet
from onggi.errors import Corrupt, Unavailable, Unsupported
from onggi.layer.checkout import Written
from onggi.layer.union import Union
from onggi.solve.ports import Cancel

Streaming = Callable[[Iterator[bytes], grpc.ServicerContext], Iterator[bytes]]


def client(take: Streaming) -> AbstractContextManager[Session]:
    return grpc_client.session({}, {METHOD: take})


def destination(session: Session, number: int = 0) -> Destination:
    return Destination(replace(session, methods=frozenset({METHOD.lower()})), number)


class Receiver:
    """A client's folder. `told`: the paths, as they came; `exporter`: the number that was said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.exporter = ""

    def __call__(self, messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        self.exporter = dict(context.invocation_metadata())["buildkit-attachable-exporter-id"]
        with Tree(str(self.folder)) as tree:
            is_told = False
            for message in messages:
                packet = Packet.FromString(message)
                match packet.type:
                    case Packet.STAT if packet.HasField("stat"):
                        self.told.append(os.fsdecode(packet.stat.path))
                        tree.add(packet.stat)
                    case Packet.STAT:
                        is_told = True
                    case Packet.DATA:
                        tree.write(packet.id, packet.data)
                    case Packet.FIN:
                        tree.finish()
                        return
                while tree.wanted:
                    yield Packet(type=Packet.REQ, id=tree.wanted.popleft()).SerializeToString()
                if is_told and not tree.awaited:
                    yield Packet(type=Packet.FIN).SerializeToString()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    (folder / "sub.d").mkdir(parents=True)
    (folder / "sub").mkdir(mode=0o700)
    (folder / "sub/large").write_bytes(bytes(range(256)) * 4096)
    (folder / "sub/empty").touch()
    (folder / "name with ü").write_text("ü")
    (folder / os.fsdecode(b"no \xff text")).touch()
    os.link(folder / "sub/large", folder / "sub.d/again")
    (folder / "link").symlink_to("/elsewhere/ü")
    os.mkfifo(folder / "pipe")
    os.mknod(folder / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "socket"))
    (folder / "sub/empty").chmod(0o4755)
    os.chown(folder / "sub/large", 7, 8)
    os.setxattr(folder / "sub/large", "user.of", b"tests")
    os.utime(folder / "sub", ns=(1, 1_234_567_890))
    return folder


def test_a_folder_arrives_as_it_is(made: Path, tmp_path: Path) -> None:
    (tmp_path / "got").mkdir()
    receiver = Receiver(tmp_path / "got")
    with client(receiver) as session:
        written = FolderOfClient(destination(session, 3)).take({"": Union([str(made)])})
    assert receiver.exporter == "3"
    assert receiver.told == sorted(receiver.told, key=lambda path: os.fsencode(path).replace(b"/", b"\0"))
    (made / "socket").unlink()  # nobody can have it
    assert facts(tmp_path / "got") == facts(made)
    assert written == Written(8, (1 << 20) + 2)


def test_a_folder_for_each_platform(made: Path, tmp_path: Path) -> None:
    (tmp_path / "got").mkdir()
    receiver = Receiver(tmp_path / "got")
    trees = {"linux_arm64": Union([]), "linux_amd64": Union([str(made / "sub")])}
    with client(receiver) as session:
        FolderOfClient(destination(session)).take(trees)
    assert receiver.told == ["linux_amd64", "linux_amd64/empty", "linux_amd64/large", "linux_arm64"]
    assert (tmp_path / "got/linux_amd64/large").stat().st_size == 1 << 20


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (
            Packet(type=Packet.ERR, data=b"disk full").SerializeToString(),
            Unavailable,
            "does not take an output: disk full",
        ),
        (Packet(type=Packet.REQ, id=99).SerializeToString(), Corrupt, "a file that there is not"),
        (b"\xff\xff", Unavailable, "what is no Packet"),
        (None, Unavailable, "broke off"),
    ],
    ids=["error", "no-such-file", "rubbish", "end"],
)
def test_a_client_that_goes_wrong(made: Path, answer: bytes | None, kind: type[Exception], message: str) -> None:
    def take(messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        while Packet.FromString(next(messages)).HasField("stat"):
            pass
        if answer is not None:
            yield answer
            list(messages)

    with client(take) as session, pytest.raises(kind, match=message):
        FolderOfClient(destination(session)).take({"": Union([str(made)])})


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 600_000), max_size=4), st.binary(min_size=1, max_size=64))
def test_a_file_arrives_whole(sizes: list[int], pattern: bytes) -> None:
    got: list[bytes] = []

    def take(messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        got.extend(BytesMessage.FromString(each).data for each in messages)
        yield from ()

    pieces = [(pattern * (size // len(pattern) + 1))[:size] for size in sizes]
    with client(take) as session, FileOfClient(destination(session)) as file:
        for piece in pieces:
            assert file.write(piece) == len(piece)
    assert b"".join(got) == b"".join(pieces)
    assert all(len(each) <= 1 << 20 for each in got)


def test_a_file_that_is_not_taken() -> None:
    def take(messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        context.abort(grpc.StatusCode.ALREADY_EXISTS, "target already exists")
        yield b""

    refused = pytest.raises(Unavailable, match="target already exists")
    with client(take) as session, refused, FileOfClient(destination(session)) as file:
        file.write(b"a")


def test_a_file_that_is_given_up_is_not_whole_for_its_client() -> None:
    ends: list[bool] = []

    def take(messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        try:
            for _ in messages:
                pass
            ends.append(True)
        except Exception:  # noqa: BLE001 — gRPC's own says that it was cancelled by raising this
            ends.append(False)
        yield from ()

    with client(take) as session, pytest.raises(KeyError), FileOfClient(destination(session)) as file:
        file.write(bytes(1 << 20))
        raise KeyError
    assert ends == [False]


def test_who_gives_the_build_up_gives_up_what_is_sent(made: Path) -> None:
    cancel = Cancel()

    def take(messages: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        next(messages)
        cancel.set()
        yield from ()
        while context.is_active():
            next(messages, None)

    with client(take) as session, pytest.raises((Unavailable, Corrupt)):
        FolderOfClient(destination(session.until(cancel))).take({"": Union([str(made)])})


def test_a_client_that_takes_nothing() -> None:
    with grpc_client.session({}) as session, pytest.raises(Unsupported, match="takes no files"):
        Destination(session, 0)
