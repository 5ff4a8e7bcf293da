"""What a step writes, read from two pipes."""

from __future__ import annotations

import os
import select
from collections.abc import Callable

_READ_SIZE = 64 * 1024  # bytes; all that a pipe holds
_STDOUT, _STDERR = 1, 2


def pass_on(stdout: int, stderr: int, output: Callable[[int, bytes], None]) -> None:
    """Read the two pipes until nobody can write to them any more; `output` gets (stream, bytes).

    Two pipes do not tell which was written to first, but what a program wrote to stdout before an error is there when
    the error is read: so stderr is read first, and told last.
    """
    streams = {stderr: _STDERR, stdout: _STDOUT}
    poll = select.poll()
    for descriptor in streams:
        os.set_blocking(descriptor, False)
        poll.register(descriptor, select.POLLIN)
    while streams:
        poll.poll()
        found = [(descriptor, _read(descriptor)) for descriptor in streams]
        for descriptor, data in reversed(found):
            if data:
                output(streams[descriptor], data)
            elif data is not None:
                poll.unregister(descriptor)
                del streams[descriptor]


def _read(descriptor: int) -> bytes | None:
    """What is there; b"" at the end, None for nothing now."""
    try:
        return os.read(descriptor, _READ_SIZE)
    except BlockingIOError:
        return None
