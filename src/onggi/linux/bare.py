"""What port keepers and resolvers have in common: how they begin, see companion.py, and how they stay."""

from __future__ import annotations

import marshal
import os
import sys
from _socket import AF_UNIX, SOCK_SEQPACKET, socket

from onggi.linux.channel import LONGEST, receive
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST_AT_ONCE = 200
"""Descriptors in one packet; the kernel takes 253 (SCM_MAX_FD)."""


def begin() -> socket:
    """The socket over which it is told what to do."""
    os.chdir("/")
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    with open("/proc/self/comm", "w") as file:
        file.write(sys.argv[1])
    return socket(AF_UNIX, SOCK_SEQPACKET, 0, 0)


def told(control: socket) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """What was said, and the descriptors that came with it, until everything was."""
    while True:
        message, descriptors = receive(control, LONGEST, MOST_AT_ONCE)
        if not message:
            return
        yield marshal.loads(message), descriptors


def stay(control: socket) -> None:
    """Go on as a child of init's, once everything is in place; the one who started us is told the pid."""
    if pid := os.fork():
        control.send(marshal.dumps(pid))
        os._exit(0)
    control.close()
