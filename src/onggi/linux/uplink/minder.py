"""The minder of a container's way out in user space: of pasta or slirp4netns, which carry what the container sends over
sockets of the host.

They know nothing of lifelines. So this process, of the standard library's smallest part (see launcher.py), is the first
one of a PID namespace, in which it starts the program: however it ends, the kernel ends the program with it. It lives
as long as somebody has the other end of the pipe `life`, holds `kept` to its end, and ends with the program.
"""

from __future__ import annotations

import marshal
import os

from onggi.linux import bare, syscalls
from onggi.linux.loop import Loop
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

READY_FD = 3
"""Where a program writes that it is ready, if it does not say so by going to the background."""


def main() -> None:
    control = bare.begin()
    ((options, (life, _)),) = bare.told(control)
    syscalls.unshare(syscalls.NAMESPACES["pid"])
    ready, writer = os.pipe()
    if pid := os.fork():
        os.close(writer)
        if os.read(ready, 1):  # else it has ended, and what it had to say is in the log
            control.send(marshal.dumps(pid))
        os._exit(0)
    os.close(ready)
    control.close()
    _mind(options["argv"], options["goes_to_background"], life, writer)


def _mind(argv: Sequence[str], goes_to_background: bool, life: int, ready: int) -> NoReturn:
    children = _wake_on_children()
    program = _start(argv, ready, tells=not goes_to_background)
    if goes_to_background:
        if os.waitpid(program, 0)[1]:
            os._exit(1)
        os.write(ready, b"1")
    os.close(ready)
    loop = Loop()
    loop.watch(life, lambda events: os._exit(0))
    loop.watch(children, lambda events: _reap(children))
    while True:
        loop.turn()


def _start(argv: Sequence[str], ready: int, *, tells: bool) -> int:
    null = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)  # pasta closes whatever of its own has the number
    actions = (null, *([(os.POSIX_SPAWN_DUP2, ready, READY_FD)] if tells else ()))
    return os.posix_spawn(argv[0], tuple(argv), {}, file_actions=actions, setsigdef=(signal.SIGPIPE,), setsigmask=())


def _wake_on_children() -> int:
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGCHLD, lambda *ignored: None)
    return reader


def _reap(children: int) -> None:
    """With the last of them we end."""
    os.read(children, 64)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        os._exit(1)
