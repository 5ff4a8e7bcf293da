"""Folders of a client: `moby.filesync.v1.FileSync/DiffCopy` (tonistiigi/fsutil, receive.go).

The client tells of all files, in their order; then those are asked for whose content is wanted, by their number, and
come in pieces.
"""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.session import messages
from onggi.api.buildkit.session.packets import hear_packet
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.session.tree import Tree
from onggi.api.buildkit.wire.session_pb2 import Packet
from onggi.errors import Unavailable, Unsupported
from onggi.solve.ports import Abandoned, Cancel

METHOD = "/moby.filesync.v1.FileSync/DiffCopy"
_MOST_ASKED = 512
"""Files that are asked for and have not come. A client reads on while its own pieces wait to be taken, but not for
ever: with more, each side could come to wait for the other."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of the client's, by the name that it has given it. only: paths and patterns, () for all, where links are
    followed; `ignored`: patterns as of a .dockerignore."""

    name: str
    only: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def headers(self) -> Iterator[tuple[str, str]]:
        """What is not ASCII is quoted, and a header more says so (moby/buildkit, session/filesync)."""
        said = {"dir-name": (self.name,), "followpaths": self.only, "exclude-patterns": self.ignored}
        for key, values in said.items():
            is_plain = all(value.isascii() for value in values)
            yield from ((key, value if is_plain else urllib.parse.quote_plus(value)) for value in values)
            if not is_plain:
                yield f"{key}-encoded", "1"


def receive(
    session: Session,
    wanted: Wanted,
    folder: Path,
    cancel: Cancel | None = None,
    tell: Callable[[int], object] = lambda size: None,
    *,
    is_outline: bool = False,
) -> None:
    """Its files, into a folder that may have some of before. `tell` hears how many bytes came. is_outline: what is in
    the files is not asked for. Raises Unavailable where the client does not send it, Corrupt for what is no tree of
    files, Abandoned."""
    if not session.serves(METHOD):
        raise Unsupported("the client sends no files", hint="build a context that is fetched: a URL")
    try:
        stream = session.channel.call(METHOD, wanted.headers())
        forget = cancel.add(stream.give_up) if cancel is not None else None
        try:
            _receive(stream, folder, tell, is_outline=is_outline)
        except BaseException:
            stream.give_up()
            raise
        finally:
            if forget is not None:
                forget()
    except CallError as error:
        if cancel is not None and cancel.is_set:
            raise Abandoned(f"a client's folder {wanted.name}") from error
        raise Unavailable(f"the client does not send its folder {wanted.name}: {error.message}") from error


def _receive(stream: Stream, folder: Path, tell: Callable[[int], object], *, is_outline: bool) -> None:
    """What was asked for comes between what is still told."""
    is_told = False
    started = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    with Tree(str(folder), started) as tree:
        while not is_told or tree.awaited:
            packet = hear_packet(stream)
            if packet.type == Packet.DATA:
                tree.write(packet.id, packet.data)
            elif packet.type == Packet.STAT and packet.HasField("stat"):
                tree.add(packet.stat)
            elif packet.type == Packet.STAT:
                is_told = True
            tell(packet.ByteSize())
            if is_outline:
                tree.leave_empty()
            else:
                _ask(stream, tree)
        tree.finish()
    messages.tell(stream, Packet(type=Packet.FIN))
    while hear_packet(stream).type != Packet.FIN:
        pass
    stream.finish()


def _ask(stream: Stream, tree: Tree) -> None:
    """For some of the files that are wanted, once half of those asked for before have come."""
    asked = tree.awaited - len(tree.wanted)
    if tree.wanted and asked <= _MOST_ASKED // 2:
        count = min(len(tree.wanted), _MOST_ASKED - asked)
        numbers = [tree.wanted.popleft() for _ in range(count)]
        messages.tell(stream, *(Packet(type=Packet.REQ, id=number) for number in numbers))
