"""What a slow reader has still to get: in memory up to a limit, then in an unlinked file."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket

MOST_IN_MEMORY = 1024 * 1024  # bytes
MANY = 256 * 1024  # bytes; whoever waits with more until they are fewer writes no file


class Backlog:
    """A queue of bytes. It never blocks its writer and loses nothing: whoever stops reading our output for a night
    holds up neither the container nor the other readers."""

    def __init__(self) -> None:
        self._memory = bytearray()
        self._file = -1
        self._read = 0
        self._written = 0

    def __len__(self) -> int:
        """Its bytes."""
        return len(self._memory) + self._written - self._read

    def is_long(self) -> bool:
        """There is much in it, but all in memory."""
        return self._file < 0 and len(self._memory) >= MANY

    def pass_on(self, to: socket, *parts: bytes) -> int:
        """Send them; what `to`, which does not block, does not take now is kept. Returns how many bytes it took."""
        count = 0
        if not self:
            try:
                count = to.sendmsg(parts)
            except BlockingIOError:
                pass
        taken = count
        for part in parts:
            if taken < len(part):
                self.append(memoryview(part)[taken:])
            taken = max(0, taken - len(part))
        return count

    def append(self, data: bytes | memoryview) -> None:
        if self._file < 0 and len(self._memory) + len(data) <= MOST_IN_MEMORY:
            self._memory += data
            return
        if self._file < 0:
            name = f"backlog.{id(self)}"
            self._file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.unlink(name)
        rest = memoryview(data)
        while rest:
            count = os.pwrite(self._file, rest, self._written)
            self._written += count
            rest = rest[count:]

    def send(self, to: socket) -> int:
        """As much as `to`, which does not block, takes now. Returns the number of bytes."""
        total = 0
        try:
            while self:
                if not self._memory:
                    self._refill()
                count = to.send(self._memory)
                del self._memory[:count]
                total += count
        except BlockingIOError:
            pass
        return total

    def _refill(self) -> None:
        self._memory += os.pread(self._file, MANY, self._read)
        self._read += len(self._memory)
        if self._read == self._written:
            self.close()

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._read, self._written = -1, 0, 0
