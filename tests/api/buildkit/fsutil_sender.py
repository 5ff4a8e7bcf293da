"""A client's folders, as it sends them (fsutil, send.go): all is told first, then comes what is asked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from onggi.api import file_mode
from onggi.api.buildkit.grpc.status import NOT_FOUND, CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.wire.session_pb2 import Packet, Stat
from onggi.dockerfile.ignore import Matcher

TOLD = Packet(type=Packet.STAT).SerializeToString()
FIN = Packet(type=Packet.FIN).SerializeToString()


class Folders:
    """By the names that builds know them by. `asked`: paths of the files that were asked for; `told`: of all that was
    told; `most`: how many were asked for at once."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders
        self.asked: list[str] = []
        self.told: list[str] = []
        self.most = 0

    def __call__(self, stream: Stream) -> None:
        name = stream.metadata["dir-name"]
        if name not in self._folders:
            raise CallError(NOT_FOUND, f"no access allowed to dir {name!r}")
        folder = self._folders[name]
        told = [each for each in entries(folder) if _is_wanted(os.fsdecode(each.path), stream.metadata)]
        self.told += [os.fsdecode(each.path) for each in told]
        for each in told:
            stream.send(Packet(type=Packet.STAT, stat=each).SerializeToString())
        stream.send(TOLD)
        before = len(self.asked)
        numbers = self._numbers(stream, told)
        for number in numbers:
            _send_file(stream, number, folder / os.fsdecode(told[number].path))
        self.most = max(self.most, len(self.asked) - before)
        stream.send(FIN)

    def _numbers(self, stream: Stream, told: list[Stat]) -> Iterator[int]:
        while (message := stream.receive()) is not None:
            packet = Packet.FromString(message)
            if packet.type == Packet.FIN:
                return
            self.asked.append(os.fsdecode(told[packet.id].path))
            yield packet.id


def entries(folder: Path) -> Iterator[Stat]:
    """In the order that clients have: of names, a folder before what is in it. All belongs to root."""
    first: dict[int, str] = {}
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts):
        name, status = str(path.relative_to(folder)), path.lstat()
        is_link, is_file = path.is_symlink(), stat.S_ISREG(status.st_mode)
        known = first.setdefault(status.st_ino, name) if is_file and status.st_nlink > 1 else name
        yield Stat(
            path=os.fsencode(name),
            mode=file_mode.to_go(status.st_mode),
            size=status.st_size if is_file else 0,
            mod_time=status.st_mtime_ns,
            linkname=os.fsencode(os.readlink(path) if is_link else known if known != name else ""),
            devmajor=os.major(status.st_rdev),
            devminor=os.minor(status.st_rdev),
            xattrs={each: os.getxattr(path, each) for each in os.listxattr(path, follow_symlinks=False)},
        )


def _is_wanted(path: str, said: Mapping[str, str]) -> bool:
    """As far as tests go: paths without wildcards, and no links to follow."""
    only = said["followpaths"].split(",") if "followpaths" in said else []
    ignored = Matcher(said["exclude-patterns"].split(",") if "exclude-patterns" in said else ())
    near = (f"{each}/".startswith(f"{path}/") or path.startswith(f"{each}/") for each in only)
    return (not only or any(near)) and not ignored.excludes(path)


def _send_file(stream: Stream, number: int, path: Path) -> None:
    for piece in (path.read_bytes(), b""):
        stream.send(Packet(type=Packet.DATA, id=number, data=piece).SerializeToString())
        if not piece:
            return
