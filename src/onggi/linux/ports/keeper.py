"""The port keeper: listens at the host's side of a container's published ports, and relays.

A process of the standard library's smallest part (see launcher.py), one for each container that publishes. Packets for
it pass the host's INPUT chain like those for any other program of the host, so the host's firewall holds for them.

It lives as long as somebody has the other end of the pipe `life`: the container's monitor. What is written to it are
other addresses of the container, a line each time. SIGTERM ends it too. At its end it runs the commands that undo what
was done for it elsewhere.
"""

from __future__ import annotations

import os
from _socket import socket

from onggi.linux import bare, file_limit
from onggi.linux.loop import WideLoop
from onggi.linux.ports.datagrams import Datagrams
from onggi.linux.ports.streams import Streams
from onggi.linux.ports.target import Target
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_PIPE_SIZE = 1 << 16  # bytes: all that can be told before it listens (pipe(7))
FILES_OF_A_CONNECTION = 6  # two sockets, and two pipes when it is slow


class Keeper:
    def __init__(self) -> None:
        self.loop = WideLoop()
        self.streams = Streams(self.loop, file_limit.raise_own() // FILES_OF_A_CONNECTION)
        self.targets: list[Target] = []
        self.is_wanted = True

    def listen(self, descriptor: int, protocol: str, port: int) -> None:
        """Relay what comes in there to that port of the container."""
        listener = socket(fileno=descriptor)
        target = Target(listener.family, port)
        self.targets.append(target)
        if protocol == "tcp":
            self.streams.listen(listener, target)
        else:
            Datagrams(self.loop, listener, target)

    def lead_to(self, addresses: Sequence[str]) -> None:
        """Those of the container, from now on."""
        for target in self.targets:
            target.lead_to(addresses)

    def hear(self, life: int) -> None:
        lines = os.read(life, _PIPE_SIZE).decode().splitlines()
        if addresses := lines[-1].split() if lines else ():  # what was said before has been overtaken
            self.lead_to(addresses)
        else:
            self.end()

    def serve(self, life: int) -> None:
        self.loop.watch(life, lambda events: self.hear(life))
        while self.is_wanted:
            self.loop.turn(0 if self.streams.unfinished else None)
            self.streams.go_on()

    def end(self, *ignored: object) -> None:
        self.is_wanted = False


def main() -> None:
    control = bare.begin()
    keeper = Keeper()
    life, commands, note, addresses = -1, (), "", ()
    for message, descriptors in bare.told(control):
        if isinstance(message, dict):
            commands, note, addresses = message["at_end"], message["note"], message["addresses"]
            life, _, *namespace = descriptors  # the second is just kept open
            for descriptor in namespace:
                _enter(descriptor)
            continue
        for descriptor, listener in zip(descriptors, message, strict=True):
            keeper.listen(descriptor, *listener)
    keeper.lead_to(addresses)
    bare.stay(control)
    signals = _wake_on(keeper)
    keeper.serve(life)
    os.close(signals)
    if _run(commands) and note:
        os.unlink(note)
    os._exit(0)


def _enter(namespace: int) -> None:
    """Connections begin there from now on; listeners stay where they were made."""
    from onggi.linux import syscalls  # most keepers do without ctypes

    syscalls.join(namespace, ("network",))
    os.close(namespace)


def _wake_on(keeper: Keeper) -> int:
    """SIGTERM ends it: the signal's number in a pipe, so that no signal comes in between asking and waiting."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    keeper.loop.watch(reader, keeper.end)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGTERM, keeper.end)
    return reader


def _run(commands: Sequence[Sequence[str]]) -> bool:
    """Whether none of them has failed."""
    started = (os.posix_spawn(argv[0], tuple(argv), {}, setsigdef=(signal.SIGPIPE,)) for argv in commands)
    statuses = [os.waitpid(pid, 0)[1] for pid in started]
    return not any(statuses)
