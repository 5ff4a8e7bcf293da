"""The files of an image archive that is read, be it a folder or a tar.

Names in archives come from strangers: one that leads out is refused, links included, and nothing is ever extracted to a
path that an archive chose.
"""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import msgspec

from onggi.errors import Corrupt, Invalid, NotFound
from onggi.layer.compress import decompress, kind_of
from onggi.layer.tar import BLOCK
from onggi.layer.untar import check_is_tar

_MAX_DOCUMENT = 32 << 20  # bytes of JSON; real ones have a few thousand
_MAX_LINKS = 40
_CHUNK = 1 << 20
_BUFFER = 1 << 18


class Files(Protocol):
    """Paths are relative, with slashes."""

    def has(self, path: str) -> bool: ...

    def size(self, path: str) -> int: ...

    def open(self, path: str) -> BinaryIO:
        """Raises NotFound, or Invalid where the path leads out."""
        ...


def read(files: Files, path: str) -> bytes:
    """A document; raises Corrupt if it is too large for one."""
    if files.size(path) > _MAX_DOCUMENT:
        raise Corrupt(f"{path} in the archive is too large for a document: {files.size(path)} bytes")
    with files.open(path) as stream:
        return stream.read()


@contextmanager
def open_files(source: BinaryIO | Path, temporary: Path) -> Iterator[Files]:
    """The files of a folder, or of a tar that may be compressed; what cannot be read in any order is copied to the
    folder `temporary` first."""
    if isinstance(source, Path):
        if source.is_dir():
            yield FolderFiles(source)
            return
        try:
            file = source.open("rb")
        except FileNotFoundError:
            raise NotFound(f"no archive at {source}") from None
        with file, open_files(file, temporary) as files:
            yield files
        return
    if _is_plain_file(source):
        yield TarFiles(source)
        return
    spool = temporary / "archive.tar"
    with spool.open("w+b") as copy:
        shutil.copyfileobj(decompress(source), copy, _CHUNK)
        copy.seek(0)
        yield TarFiles(copy)


def _is_plain_file(stream: BinaryIO) -> bool:
    """An uncompressed archive in a regular file, which can be read at any place."""
    try:
        descriptor, position = stream.fileno(), stream.tell()
    except (OSError, AttributeError):  # a pipe, or something in memory
        return False
    return stat.S_ISREG(os.fstat(descriptor).st_mode) and kind_of(os.pread(descriptor, 8, position)) == "none"


class FolderFiles:
    """An archive that is a folder."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)

    def has(self, path: str) -> bool:
        return os.path.isfile(self._resolve(path))

    def size(self, path: str) -> int:
        with self.open(path) as stream:
            return os.fstat(stream.fileno()).st_size

    def open(self, path: str) -> BinaryIO:
        try:
            return open(self._resolve(path), "rb")
        except (FileNotFoundError, IsADirectoryError):
            raise _missing(path) from None

    def _resolve(self, path: str) -> str:
        found = os.path.realpath(os.path.join(self._root, _clean(path)))
        if os.path.commonpath((found, self._root)) != self._root:
            raise Invalid(f"{path!r} in the archive leads out of it")
        return found


class _Place(msgspec.Struct, frozen=True):
    """Where a file's bytes are in the tar, or the path that a link leads to."""

    offset: int = 0
    size: int = 0
    link: str = ""


class TarFiles:
    """An archive that is an uncompressed tar in a regular file: an index of its entries, read in place."""

    def __init__(self, file: BinaryIO) -> None:
        self._descriptor = file.fileno()
        self._places: dict[str, _Place] = {}
        check_is_tar(os.pread(self._descriptor, BLOCK, file.tell()), "a tar of images, as `save` writes it")
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                for member in archive:
                    self._add(member)
        except tarfile.TarError as error:
            raise Corrupt(
                f"the archive is cut short or damaged: {error}", hint="copy it again from where it was saved"
            ) from error

    def has(self, path: str) -> bool:
        return self._find(path) is not None

    def size(self, path: str) -> int:
        return self._get(path).size

    def open(self, path: str) -> BinaryIO:
        place = self._get(path)
        return cast(BinaryIO, io.BufferedReader(_Slice(self._descriptor, place.offset, place.size), _BUFFER))

    def _add(self, member: tarfile.TarInfo) -> None:
        name = _clean(member.name)
        if member.isdir():
            return
        if member.issym():
            self._places[name] = _Place(link=_clean(posixpath.join(posixpath.dirname(name), member.linkname)))
        elif member.islnk():
            self._places[name] = _Place(link=_clean(member.linkname))
        elif member.isreg() and not member.issparse():
            self._places[name] = _Place(member.offset_data, member.size)
        else:
            raise Invalid(f"{member.name!r} in the archive is neither a file nor a folder nor a link")

    def _get(self, path: str) -> _Place:
        found = self._find(path)
        if found is None:
            raise _missing(path)
        return found

    def _find(self, path: str) -> _Place | None:
        name = _clean(path)
        for _ in range(_MAX_LINKS):
            place = self._places.get(name)
            if place is None or not place.link:
                return place
            name = place.link
        raise Invalid(f"{path!r} in the archive is a link that leads in circles")


class _Slice(io.RawIOBase):
    """A part of a file, with a position of its own."""

    def __init__(self, descriptor: int, offset: int, size: int) -> None:
        self._descriptor, self._offset, self._end = descriptor, offset, offset + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._end - self._offset)
        count = os.preadv(self._descriptor, [memoryview(buffer)[:wanted]], self._offset) if wanted else 0
        if wanted and not count:
            raise Corrupt("the archive ends in the middle of a file")
        self._offset += count
        return count


def _clean(path: str) -> str:
    """The plain form of a name; raises Invalid for one that leads out."""
    name = posixpath.normpath(path)
    if name.startswith(("/", "../")) or name == ".." or "\0" in name:
        raise Invalid(f"{path!r} in the archive leads out of it")
    return name


def _missing(path: str) -> NotFound:
    return NotFound(
        f"the archive has no {path}", hint="it may have been cut short, or saved without some of its layers"
    )
