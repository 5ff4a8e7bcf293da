"""Signals that end a program, as an end that tidies up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Ended(SystemExit):
    """A signal ended the program; the exit code is 128 and its number."""


_ENDS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def tidy_end() -> Iterator[None]:
    """SIGTERM (a CI job that is cancelled) and SIGHUP (a terminal that is closed) end the block as ctrl-C does; the
    exit code is 128 and the signal. One that was ignored, as under nohup, stays ignored."""
    before = {number: signal.getsignal(number) for number in _ENDS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    raise Ended(128 + number)
