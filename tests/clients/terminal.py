"""A program on a terminal of its own, as a person has it: what is typed, and what is to be seen then."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

_SECONDS = 60.0


class Terminal:
    """`seen` is all that the program has written, as it came."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], rows: int, columns: int) -> None:
        self._ours, its = pty.openpty()
        self.resize(rows, columns)
        self._process = subprocess.Popen(
            argv, stdin=its, stdout=its, stderr=its, env=env, start_new_session=True, preexec_fn=_take_control
        )
        os.close(its)
        self.seen = b""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def expect(self, text: bytes) -> bytes:
        """Reads until it has been written since the last time that something was expected; what stood before it."""
        while text not in self.seen:
            assert self._read(), f"{text!r} never came: {self.seen!r}"
        before, _, self.seen = self.seen.partition(text)
        return before

    def end(self) -> int:
        """What it ended with, once it has."""
        while self._read():
            pass
        return self._process.wait(timeout=_SECONDS)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], _SECONDS)
        assert ready, f"nothing came any more: {self.seen!r}"
        try:
            chunk = os.read(self._ours, 65536)
        except OSError:  # nobody has the other side open any more
            return False
        self.seen += chunk
        return bool(chunk)


def _take_control() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(argv: Sequence[str], env: Mapping[str, str], rows: int = 24, columns: int = 80) -> Iterator[Terminal]:
    made = Terminal(argv, env, rows, columns)
    try:
        yield made
    finally:
        made.close()
