"""A client's folders, fetched over a connection: what it is asked for, and what becomes of a client that goes wrong."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.api.buildkit.fsutil_sender import FIN, TOLD, Folders
from tests.api.buildkit.trees import facts
from tests.api.buildkit.wire import SECONDS, running

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.server import Server
from onggi.api.buildkit.grpc.status import UNAVAILABLE, CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.session import files, uploads
from onggi.api.buildkit.session.files import Wanted
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.session.uploads import open_upload
from onggi.api.buildkit.wire.session_pb2 import BytesMessage, Packet, Stat
from onggi.errors import Corrupt, Unavailable, Unsupported
from onggi.solve.ports import Abandoned, Cancel

METHODS = frozenset(each.lower() for each in (files.METHOD, uploads.METHOD))
CONTEXT = Wanted(name="context")
FILE = Packet(type=Packet.STAT, stat=Stat(path=b"a", mode=0o644, size=3)).SerializeToString()
LINK = Packet(type=Packet.STAT, stat=Stat(path=b"a", mode=1 << 27, linkname=b"b")).SerializeToString()
URL = "http://buildkit-session/x1"


@contextmanager
def client(serve: Callable[[Stream], None]) -> Iterator[Session]:
    """Who serves every call like that."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    with running(Server(theirs, serve), theirs), running(channel, ours):
        yield Session("of-tests", channel, METHODS)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_bytes(bytes(range(256)) * 4096)
    (folder / "sub/empty").touch()
    (folder / "sub/한글").write_text("글")
    os.link(folder / "a", folder / "sub/same")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "received"
    path.mkdir()
    return path


def test_a_folder_comes_once(source: Path, folder: Path) -> None:
    sent = Folders({"context": source})
    moved: list[int] = []
    with client(sent) as session:
        files.receive(session, CONTEXT, folder, tell=moved.append)
        assert facts(folder) == facts(source)
        assert (sorted(sent.asked), sum(moved) > 1 << 20) == (["a", "sub/empty", "sub/한글"], True)
        sent.asked.clear()
        files.receive(session, CONTEXT, folder)
        assert sent.asked == []
        (source / "sub/한글").write_text("other")
        (source / "sub/empty").unlink()
        files.receive(session, CONTEXT, folder)
    assert sent.asked == ["sub/한글"]
    assert facts(folder) == facts(source)


def test_only_what_is_wanted(source: Path, folder: Path) -> None:
    sent = Folders({"context": source})
    with client(sent) as session:
        files.receive(session, Wanted(name="context", only=("a", "sub/empty")), folder)
        assert sent.told == ["a", "sub", "sub/empty"]
        sent.told.clear()
        files.receive(session, Wanted(name="context", ignored=("sub",)), folder)
    assert sent.told == ["a"]
    assert sorted(os.listdir(folder)) == ["a"]


def test_an_outline_has_nothing_in_its_files(source: Path, folder: Path) -> None:
    sent = Folders({"context": source})
    with client(sent) as session:
        files.receive(session, CONTEXT, folder, is_outline=True)
    assert sent.asked == []
    assert facts(folder).keys() == facts(source).keys()
    assert (folder / "a").stat().st_size == 0


def test_names_that_are_not_ascii_are_quoted() -> None:
    wanted = Wanted(name="context", only=("한 a", "b"), ignored=("*.log", "!x"))
    assert list(wanted.headers()) == [
        ("dir-name", "context"),
        ("followpaths", "%ED%95%9C+a"),
        ("followpaths", "b"),
        ("followpaths-encoded", "1"),
        ("exclude-patterns", "*.log"),
        ("exclude-patterns", "!x"),
    ]


def test_not_all_files_are_asked_for_at_once(tmp_path: Path, folder: Path) -> None:
    """Who sends nothing before it has read a good many requests would wait for us, and we for it."""
    source = tmp_path / "many"
    source.mkdir()
    for number in range(1500):
        (source / f"{number:04}").touch()
    most: list[int] = []

    def send(stream: Stream) -> None:
        for number in range(1500):
            stat = Stat(path=b"%04d" % number, mode=0o644)
            stream.send(Packet(type=Packet.STAT, stat=stat).SerializeToString())
        stream.send(TOLD)
        asked, done = threading.Semaphore(0), 0
        waiting: list[int] = []

        def read() -> None:
            while (message := stream.receive()) is not None:
                packet = Packet.FromString(message)
                if packet.type == Packet.FIN:
                    return
                waiting.append(packet.id)
                most.append(len(waiting) - done)
                asked.release()

        reader = threading.Thread(target=read)
        reader.start()
        while done < 1500:
            assert asked.acquire(timeout=SECONDS)
            stream.send(Packet(type=Packet.DATA, id=waiting[done]).SerializeToString())
            done += 1
        reader.join()
        stream.send(FIN)

    with client(send) as session:
        files.receive(session, CONTEXT, folder)
    assert len(os.listdir(folder)) == 1500
    assert max(most) <= 513  # the one that is on its way counts for both


@pytest.mark.parametrize(
    ("packets", "kind", "message"),
    [
        ([Packet(type=Packet.ERR, data=b"no such disk").SerializeToString()], Unavailable, "no such disk"),
        ([FILE, TOLD], Unavailable, "the client"),
        ([b"\xff\xff"], Unavailable, "what is no Packet"),
        ([Packet(type=Packet.DATA, id=0, data=b"x").SerializeToString()], Corrupt, "nobody has asked for"),
        ([LINK, LINK], Corrupt, "a place that is none"),
        ([FIN, FIN], Unavailable, "the client"),
    ],
    ids=["error", "end", "rubbish", "unasked", "twice", "too-early"],
)
def test_a_client_that_goes_wrong(packets: list[bytes], kind: type[Exception], message: str, folder: Path) -> None:
    def send(stream: Stream) -> None:
        for packet in packets:
            stream.send(packet)

    with client(send) as session, pytest.raises(kind, match=message):
        files.receive(session, CONTEXT, folder)


def test_a_client_that_refuses(folder: Path) -> None:
    with client(Folders({})) as session:
        with pytest.raises(Unavailable, match="does not send its folder context: no access allowed"):
            files.receive(session, CONTEXT, folder)
        with pytest.raises(Unsupported, match="sends no files"):
            files.receive(Session("", session.channel, frozenset()), CONTEXT, folder)


def test_a_client_that_goes_away(folder: Path) -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours)

    def send(stream: Stream) -> None:
        stream.send(FILE, TOLD)
        stream.receive()
        theirs.shutdown(socket.SHUT_RDWR)

    with (
        running(Server(theirs, send), theirs),
        running(channel, ours),
        pytest.raises(Unavailable, match="does not send its folder"),
    ):
        files.receive(Session("", channel, METHODS), CONTEXT, folder)


def test_a_build_that_is_given_up_waits_for_nobody(folder: Path) -> None:
    cancel = Cancel()

    def send(stream: Stream) -> None:
        stream.send(FILE, TOLD)
        stream.receive()
        cancel.set()
        stream.receive()

    with client(send) as session, pytest.raises(Abandoned):
        files.receive(session, CONTEXT, folder, cancel)


def test_an_upload(tmp_path: Path) -> None:
    said: list[str] = []

    def send(stream: Stream) -> None:
        said.extend(stream.metadata[name] for name in ("urlpath", "urlhost"))
        for piece in (b"one ", b"", bytes(100_000), b" two"):
            stream.send(BytesMessage(data=piece).SerializeToString())

    assert uploads.is_upload(URL)
    assert not uploads.is_upload("http://buildkit-session.example/x1")
    with client(send) as session, open_upload(session, URL) as read:
        assert read.read() == b"one " + bytes(100_000) + b" two"
    assert said == ["/x1", "buildkit-session"]


def test_an_upload_that_goes_wrong() -> None:
    def send(stream: Stream) -> None:
        stream.send(BytesMessage(data=b"begun").SerializeToString())
        raise CallError(UNAVAILABLE, "read error")

    rubbish = client(lambda stream: stream.send(b"\xff\xff"))
    with rubbish as session, pytest.raises(Unavailable, match="what is no BytesMessage"):
        open_upload(session, URL).read()
    with client(send) as session:
        with pytest.raises(Unavailable, match="does not send its context: read error"):
            open_upload(session, URL).read()
        with pytest.raises(Unsupported, match="the client does not send http://buildkit-session/x1"):
            open_upload(Session("", session.channel, frozenset()), URL)
