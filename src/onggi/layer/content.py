"""A regular file's bytes: hashed, or copied and hashed in one pass. The hash is always of the bytes that were
written."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from onggi.layer import sparse
from onggi.oci.digest import Digest, of_hash

_CHUNK = 1 << 20
"""Bytes: what fits a processor's cache, so that hashing what was copied doesn't fetch it from memory again."""

_TOGETHER = os.sysconf("SC_IOV_MAX")
"""Pieces of one write (writev(2))."""

ZEROS = bytes(_CHUNK)

_CANNOT_CLONE = (errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What the kernel says of two files that it does not copy by itself."""


def hash_file(source: int, size: int) -> Digest:
    """The digest of an open file that is expected to have `size` bytes; it is read to its end whatever it has."""
    state = hashlib.sha256()
    while data := os.read(source, min(size, _CHUNK) + 1):
        state.update(data)
    return of_hash(state)


def read_whole(source: int, size: int) -> bytes:
    """All of an open file that is expected to have `size` bytes."""
    data = os.read(source, size + 1)
    if len(data) == size:
        return data
    pieces = [data]
    while data := os.read(source, _CHUNK):
        pieces.append(data)
    return b"".join(pieces)


def copy_file(source: int, target: int, size: int) -> Digest:
    """Copies an open file of about `size` bytes into an empty one opened for reading and writing, and gives the
    digest of what was written."""
    if size > _CHUNK and (digest := _clone(source, target)):
        return digest
    state = hashlib.sha256()
    copy_rest(os.read(source, min(size, _CHUNK) + 1), source, target, state)
    return of_hash(state)


def copy_rest(data: bytes, source: int, target: int, state: hashlib._Hash) -> None:
    """Writes `data` and what is left in an open file, and feeds it to `state`."""
    while data:
        state.update(data)
        write(target, data)
        data = os.read(source, len(data))


def read_alike(source: int, like: int, state: hashlib._Hash) -> tuple[int, bytes]:
    """Reads an open file as long as `like` has the same, and feeds that to `state`; gives how many bytes that were, and
    what was read then and is something else."""
    at = 0
    while data := os.read(source, _CHUNK):
        if os.pread(like, len(data), at) != data:
            break
        state.update(data)
        at += len(data)
    return at, data


def copy_start(source: int, target: int, size: int) -> None:
    """Copies the first `size` bytes of an open file into an empty one, and leaves that at their end."""
    at = 0
    while at < size and (count := _transfer_some(source, target, size - at, at)):
        at += count
    os.lseek(target, at, os.SEEK_SET)


def _clone(source: int, target: int) -> Digest | None:
    """Lets the kernel copy, sharing blocks where the file system can, and hashes what came out, piece by piece while
    it is in the processor's cache. None where the two files are on file systems that cannot."""
    state = hashlib.sha256()
    buffer = bytearray(_CHUNK)
    at = 0
    while True:
        try:
            count = os.copy_file_range(source, target, _CHUNK)
        except OSError as error:
            if at or error.errno not in _CANNOT_CLONE:
                raise
            return None
        if not count:
            return of_hash(state) if at else None
        end = at + count
        while at < end:
            count = os.preadv(target, [memoryview(buffer)[: end - at]], at)
            state.update(memoryview(buffer)[:count])
            at += count


def transfer(source: int, target: int) -> None:
    """Copies an open file into an empty one. Blocks are shared where the file system can, and holes stay holes."""
    size = os.fstat(source).st_size
    for at, end in extents(source, size):
        while at < end and (count := _transfer_some(source, target, end - at, at)):
            at += count
    os.ftruncate(target, size)


def extents(source: int, size: int) -> Iterator[tuple[int, int]]:
    """Where the data of an open file of `size` bytes begin and end; between them are holes."""
    if size < _CHUNK:  # not worth the question
        yield 0, size
        return
    end = 0
    while (start := _seek(source, end, os.SEEK_DATA, size)) < size:
        end = min(_seek(source, start, os.SEEK_HOLE, size), size)
        yield start, end


def _seek(descriptor: int, at: int, to: int, size: int) -> int:
    """Where the next data or the next hole begins; `size` if there is none."""
    try:
        return os.lseek(descriptor, at, to)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return size


def _transfer_some(source: int, target: int, count: int, at: int) -> int:
    try:
        return os.copy_file_range(source, target, count, at, at)
    except OSError as error:
        if error.errno not in _CANNOT_CLONE:
            raise
        return os.pwrite(target, os.pread(source, min(count, _CHUNK), at), at)


def write(target: int, data: bytes) -> None:
    """All of `data`, however little of it the kernel takes at a time."""
    written = os.write(target, data)
    while written < len(data):
        written += os.write(target, memoryview(data)[written:])


def write_all(target: int, pieces: Sequence[bytes]) -> None:
    """All of `pieces`, one after the other, as many at a time as the kernel takes."""
    for start in range(0, len(pieces), _TOGETHER):
        some = pieces[start : start + _TOGETHER]
        written = os.writev(target, some)
        if written < sum(map(len, some)):
            write(target, b"".join(some)[written:])


def write_pieces(target: int, pieces: Iterable[bytes]) -> str:
    """Writes a file piece by piece; the hex sha256 of it."""
    state = hashlib.sha256()
    for piece in pieces:
        write(target, piece)
        state.update(piece)
    return state.hexdigest()


def write_sparse(target: int, holes: sparse.Map, pieces: Callable[[int], Iterator[bytes]]) -> str:
    """Writes a file's data, `pieces` giving the next bytes, and leaves the holes; the hex sha256 is of the file as it
    reads."""
    state = hashlib.sha256()
    at = 0
    for offset, length in holes.segments:
        _hash_zeros(state, offset - at)
        os.lseek(target, offset, os.SEEK_SET)
        for piece in pieces(length):
            write(target, piece)
            state.update(piece)
        at = offset + length
    os.ftruncate(target, holes.size)
    _hash_zeros(state, holes.size - at)
    return state.hexdigest()


def _hash_zeros(state: hashlib._Hash, size: int) -> None:
    zeros = bytes(min(size, _CHUNK))
    while size > 0:
        state.update(zeros[:size])
        size -= _CHUNK
