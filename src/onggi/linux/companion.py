"""Starting the bare processes that outlive us: port keepers and resolvers.

Each is a fresh interpreter without site and environment, in a session of its own. It is told what it needs over a
socket, gets ready, forks and answers with its child's pid: the first process ends, so that nobody has a child to reap
later, and the one that stays is init's.
"""

from __future__ import annotations

import marshal
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import onggi
from onggi.errors import Unavailable
from onggi.linux.channel import receive

_START = "import sys; sys.path[:0] = sys.argv[3:]; from {module} import main; main()"
_ANSWER_SIZE = 64


class Companion:
    """One that is being started. The `main` of `module` finds the other end of `control` at descriptor 0; what it
    complains of, its tracebacks too, goes to `log`, -1 for nowhere. `name` and `about` are what lists of processes
    show, `folders` where it imports from besides onggi."""

    def __init__(self, module: str, name: str, about: str, *, log: int = -1, folders: Sequence[str] = ()) -> None:
        self._name = name
        self.control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._pid = os.posix_spawn(
                sys.executable,
                [
                    *(sys.executable, "-I", "-S", "-X", "utf8", "-c", _START.format(module=module)),
                    *(name, about, str(Path(onggi.__file__).absolute().parent.parent), *folders),
                ],
                {},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, its.fileno(), 0),
                    (os.POSIX_SPAWN_DUP2, log, 2) if log >= 0 else (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
            )
        finally:
            its.close()

    def finish(self) -> int:
        """Waits until it is ready, and returns the pid of the process that stays. Raises Unavailable."""
        with self.control:
            self.control.shutdown(socket.SHUT_WR)  # it has been told everything
            answer, _ = receive(self.control, _ANSWER_SIZE)
        self._reap()
        if not answer:
            raise Unavailable(f"{self._name} ended before it was ready")
        pid: int = marshal.loads(answer)
        return pid

    def abandon(self) -> None:
        """It ends before it has begun. One that `finish` was called for is left to its lifeline."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self._reap()
        self.control.close()  # not before: it would take that for all that it is told, and stay

    def _reap(self) -> None:
        os.waitpid(self._pid, 0)
        self._pid = 0
