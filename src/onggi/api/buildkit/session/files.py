"""Folders of a client: `moby.filesync.v1.FileSync/DiffCopy` (tonistiigi/fsutil, receive.go).

The client tells of all files, in their order; then those are asked for whose content is wanted, by their number, and
come in pieces.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import msgspec

from onggi.api.buildkit.channel import Stream
from onggi.api.buildkit.session.tree import Tree
from onggi.api.buildkit.sessions import Session
from onggi.api.buildkit.status import CallError
from onggi.api.buildkit.wire.session_pb2 import Packet
from onggi.errors import Corrupt, Unavailable

METHOD = "/moby.filesync.v1.FileSync/DiffCopy"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of the client's, by the name that it has given it. only: paths and patterns, () for all; links are
    followed in `follow`; `ignored`: patterns as of a .dockerignore."""

    name: str
    only: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def headers(self) -> Iterator[tuple[str, str]]:
        """What is not ASCII is quoted, and a header more says so."""
        said = {
            "dir-name": (self.name,),
            "include-patterns": self.only,
            "followpaths": self.follow,
            "exclude-patterns": self.ignored,
        }
        for key, values in said.items():
            is_plain = all(value.isascii() for value in values)
            yield from ((key, value if is_plain else urllib.parse.quote_plus(value)) for value in values)
            if not is_plain:
                yield f"{key}-encoded", "1"


def receive(session: Session, wanted: Wanted, folder: Path) -> None:
    """Its files, into an empty folder. Raises Unavailable where the client does not send it, Corrupt for what is no
    tree of files."""
    stream = session.channel.call(METHOD, wanted.headers())
    try:
        _receive(stream, folder)
    except CallError as error:
        raise Unavailable(f"{wanted.name} was not sent: {error.message}") from error
    except BaseException:
        stream.give_up()
        raise


def _receive(stream: Stream, folder: Path) -> None:
    """What was asked for comes between what is still told."""
    is_told = False
    with Tree(folder) as tree:
        while not is_told or tree.awaited:
            packet = _next(stream)
            if packet.type == Packet.DATA:
                tree.write(packet.id, packet.data)
            elif packet.type == Packet.STAT and packet.HasField("stat"):
                number = tree.add(packet.stat)
                if number is not None:
                    stream.send(Packet(type=Packet.REQ, id=number).SerializeToString())
            elif packet.type == Packet.STAT:
                is_told = True
    stream.send(Packet(type=Packet.FIN).SerializeToString())
    while _next(stream).type != Packet.FIN:
        pass
    stream.finish()


def _next(stream: Stream) -> Packet:
    """Raises Corrupt at the end, and for what the client says went wrong."""
    data = stream.receive()
    if data is None:
        raise Corrupt("the client broke off while it sent files")
    packet = Packet.FromString(data)
    if packet.type == Packet.ERR:
        raise Unavailable(f"the client cannot send a file: {packet.data.decode(errors='replace')}")
    return packet
