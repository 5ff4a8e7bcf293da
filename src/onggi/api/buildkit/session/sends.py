"""What a client gets: `moby.filesync.v1.FileSend/DiffCopy` (moby/buildkit, session/filesync; fsutil, send.go).

A file comes in pieces. Of trees of files all entries are told first, in their order; then the client asks, by their
numbers, for the content of those that it wants, and says when it has enough.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from onggi.api import file_mode
from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.session.messages import tell
from onggi.api.buildkit.session.packets import hear_packet
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import BytesMessage, Packet, Stat
from onggi.errors import Corrupt, Unavailable, Unsupported
from onggi.layer import xattr
from onggi.layer.checkout import Written
from onggi.layer.node import Node
from onggi.layer.union import Union

METHOD = "/moby.filesync.v1.FileSend/DiffCopy"
_EXPORTER = "buildkit-attachable-exporter-id"
_PIECE = 1 << 18


class Destination:
    """Where one exporter of a client's is to send to: `number` is its place among them."""

    def __init__(self, session: Session, number: int) -> None:
        """Raises Unsupported for a client that takes nothing."""
        if not session.serves(METHOD):
            raise Unsupported(
                "the client takes no files, and an output is to be sent to it", hint="give the output a dest"
            )
        self._session = session
        self._number = number

    def call(self) -> Stream:
        """Raises CallError."""
        return self._session.channel.call(METHOD, [(_EXPORTER, str(self._number))])


class FileOfClient:
    """A file that a client writes as it gets it. It is whole at the end of a `with` block that succeeds, and given up
    otherwise. Implements engine.output.Sink."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._stream: Stream | None = None
        self._buffer = bytearray()

    def write(self, data: bytes) -> int:
        """Raises Unavailable where the client does not take it."""
        self._buffer += data
        while len(self._buffer) >= _PIECE:
            self._send(bytes(self._buffer[:_PIECE]))
            del self._buffer[:_PIECE]
        return len(data)

    def flush(self) -> None:
        """Raises as `write`."""
        if self._buffer:
            self._send(bytes(self._buffer))
            self._buffer.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()
        elif self._stream is not None:
            self._stream.give_up()

    def _send(self, piece: bytes) -> None:
        try:
            tell(self._opened(), BytesMessage(data=piece))
        except CallError as error:
            raise _refused(error) from error

    def _finish(self) -> None:
        self.flush()
        try:
            stream = self._opened()
            stream.finish()
            while stream.receive() is not None:
                pass
        except CallError as error:
            raise _refused(error) from error

    def _opened(self) -> Stream:
        if self._stream is None:
            self._stream = self._destination.call()
        return self._stream


class FolderOfClient:
    """A folder that a client fills with what it gets. Implements engine.output.Receiver."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination

    def __str__(self) -> str:
        return "client directory"

    def take(self, trees: Mapping[str, Union]) -> Written:
        """Raises Unavailable where the client does not take them."""
        try:
            stream = self._destination.call()
            try:
                return _send(stream, trees)
            except BaseException:
                stream.give_up()
                raise
        except CallError as error:
            raise _refused(error) from error


def _send(stream: Stream, trees: Mapping[str, Union]) -> Written:
    files: dict[int, str] = {}
    count = size = 0
    for number, (told, real) in enumerate(_entries(trees)):
        tell(stream, Packet(type=Packet.STAT, stat=told))
        if real:
            files[number] = real
        if not told.mode & file_mode.FOLDER:
            count, size = count + 1, size + (told.size if real else 0)
    tell(stream, Packet(type=Packet.STAT))
    while (packet := hear_packet(stream)).type != Packet.FIN:
        if packet.type == Packet.REQ:
            _send_file(stream, packet.id, files)
    tell(stream, Packet(type=Packet.FIN))
    stream.finish()
    while stream.receive() is not None:
        pass
    return Written(count, size)


def _send_file(stream: Stream, number: int, files: Mapping[int, str]) -> None:
    if number not in files:
        raise Corrupt("the client asked for a file that there is not")
    with open(files[number], "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            tell(stream, Packet(type=Packet.DATA, id=number, data=piece))
    tell(stream, Packet(type=Packet.DATA, id=number))


def _entries(trees: Mapping[str, Union]) -> Iterator[tuple[Stat, str]]:
    """What is told of each, a folder before its contents, and where the content of a file is, "" for all else."""
    for name in sorted(trees):
        if name:
            yield Stat(path=os.fsencode(name), mode=file_mode.FOLDER | 0o755, mod_time=time.time_ns()), ""
        first: dict[tuple[str, int], str] = {}
        for node in trees[name].walk() if trees[name].folders else ():
            if node.path == "/" or stat.S_ISSOCK(node.stat.st_mode):
                continue
            path = f"{name}{node.path}".removeprefix("/")
            known = first.get((node.root, node.stat.st_ino)) if not node.is_folder else None
            if known is None and node.stat.st_nlink > 1:
                first[node.root, node.stat.st_ino] = path
            yield _stat(node, path, known or ""), node.real if node.is_file and known is None else ""


def _stat(node: Node, path: str, known: str) -> Stat:
    """known: the entry told before that is the same file."""
    status = node.stat
    return Stat(
        path=os.fsencode(path),
        mode=file_mode.to_go(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        size=0 if node.is_folder else status.st_size,
        mod_time=status.st_mtime_ns,
        linkname=os.fsencode(known or (os.readlink(node.real) if node.is_link else "")),
        devmajor=os.major(status.st_rdev),
        devminor=os.minor(status.st_rdev),
        xattrs=xattr.read(node.real),
    )


def _refused(error: CallError) -> Unavailable:
    return Unavailable(f"the client does not take an output: {error.message}")
