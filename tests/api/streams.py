"""Connections that have become raw, as clients of the Engine API see them: attach and exec."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SECONDS = 60.0


class Raw:
    """What follows the head of an answer, in both directions."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._data = b""
        self.status, self.headers = self._head()

    def _head(self) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self._data:
            more = self.connection.recv(65536)
            assert more, self._data
            self._data += more
        head, self._data = self._data.split(b"\r\n\r\n", 1)
        first, *rest = head.decode().split("\r\n")
        return int(first.split()[1]), {
            name.lower(): value for name, _, value in (each.partition(": ") for each in rest)
        }

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def end_input(self) -> None:
        """Half of it is over: we write no more."""
        self.connection.shutdown(socket.SHUT_WR)

    def exactly(self, count: int) -> bytes:
        """That many bytes, or fewer at the end."""
        while len(self._data) < count:
            more = self.connection.recv(1 << 20)
            if not more:
                break
            self._data += more
        piece, self._data = self._data[:count], self._data[count:]
        return piece

    def rest(self) -> bytes:
        """All that comes."""
        pieces = [self._data]
        self._data = b""
        while more := self.connection.recv(1 << 20):
            pieces.append(more)
        return b"".join(pieces)

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Docker's: the stream and what was written to it."""
        while head := self.exactly(8):
            stream, size = struct.unpack(">B3xL", head)
            yield stream, self.exactly(size)

    def streams(self) -> tuple[bytes, bytes]:
        """All of stdout and all of stderr."""
        return split(self.frames())


def split(frames: Iterator[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    found = {1: b"", 2: b""}
    for stream, data in frames:
        found[stream] += data
    return found[1], found[2]


def frames_of(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Of an answer that is whole."""
    while body:
        stream, size = struct.unpack(">B3xL", body[:8])
        yield stream, body[8 : 8 + size]
        body = body[8 + size :]


@contextmanager
def opened(
    path: Path, method: str, target: str, body: Any = None, *, upgrade: bool = True, after: bytes = b""
) -> Iterator[Raw]:
    """Ask, and take what follows as it is. `after`: sent with the request, behind it."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: docker", f"Content-Length: {len(data)}"]
    if data:
        lines.append("Content-Type: application/json")
    if upgrade:
        lines += ["Connection: Upgrade", "Upgrade: tcp"]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(str(path))
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + data + after)
        yield Raw(connection)
