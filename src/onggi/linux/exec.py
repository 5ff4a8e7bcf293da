"""A further process in a container that runs: for `exec`, and for health probes.

It is a child of the monitor, so it ends with the monitor at the latest, and with the container's first process, whose
pid namespace it is in. Its stdin, stdout and stderr are the client's own pipes, so nothing that it reads or writes
passes through the monitor; of its terminal, which is opened in the container, the client gets the master. The monitor
has where its output is read too: when the client goes, it goes on.
"""

from __future__ import annotations

import fcntl
import os
from struct import pack

from onggi.errors import Conflict
from onggi.linux import child, syscalls
from onggi.linux.channel import receive, send
from onggi.linux.init import exit_code
from onggi.linux.signals import signal
from onggi.linux.stdio import TIOCSWINSZ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from onggi.linux.cgroup import Group
    from onggi.linux.loop import Loop

    Plan: TypeAlias = dict[str, Any]


READ_SIZE = 64 * 1024


class Exec:
    """`on_start` gets the terminal's master or -1 once its program runs; `on_end` gets its exit code, and why it did
    not run (see report.py) or b""."""

    def __init__(
        self,
        loop: Loop,
        plan: Plan,
        container: int,
        group: Group | None,
        stdio: tuple[int, int, int],
        on_start: Callable[[int], None],
        on_end: Callable[[int, bytes], None],
    ) -> None:
        """`container` is the pidfd of its first process; `group` is entered. Raises OnggiError."""
        self.loop = loop
        self.on_start = on_start
        self.on_end = on_end
        self.master = -1
        self.outputs: list[int] = []  # where its stdout and stderr can be read
        self.failure = b""
        try:
            with syscalls.ChildrenIn(container):
                self.pid, self.pidfd, self.control = child.start(plan, group, stdio, container)
        except ProcessLookupError as error:
            raise Conflict("the container has ended") from error
        try:
            if group:
                group.enter(self.pid)
        except ProcessLookupError:
            pass  # it has ended with the container: that is about to be heard
        send(self.control, child.ENTERED)
        loop.watch(self.control.fileno(), self._on_control)
        loop.watch(self.pidfd, self._on_end)

    def kill(self) -> None:
        """With SIGKILL. What it has started goes on, unless it ends by itself."""
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def let_go(self) -> None:
        """Nobody reads its output any more: what it writes goes nowhere, and does not hold it up."""
        for output in self._outputs():
            self.loop.watch(output, lambda events, output=output: self._discard(output))  # type: ignore[misc]

    def _outputs(self) -> list[int]:
        return [self.master] if self.master >= 0 else self.outputs

    def _discard(self, output: int) -> None:
        try:
            is_open = bool(os.read(output, READ_SIZE))
        except BlockingIOError:
            return
        except OSError:
            is_open = False
        if not is_open:
            self.loop.forget(output)

    def resize(self, rows: int, columns: int) -> None:
        if self.master >= 0:
            fcntl.ioctl(self.master, TIOCSWINSZ, pack("HHHH", rows, columns, 0, 0))

    def _on_control(self, events: int) -> None:
        """Its terminal, then why it failed or that it has become the program (the end of the socket)."""
        message, descriptors = receive(self.control)
        if message == child.CONSOLE:
            self.master = descriptors[0]
            return
        self.loop.forget(self.control.fileno())
        self.control.close()
        self.failure = message
        if not message:
            self.on_start(self.master)

    def _on_end(self, events: int) -> None:
        _, status = os.waitpid(self.pid, 0)
        while self.control.fileno() >= 0:  # what it said is told before its end
            self._on_control(0)
        self.loop.forget(self.pidfd)
        os.close(self.pidfd)
        for output in self._outputs():
            self.loop.forget(output)
            os.close(output)
        self.on_end(exit_code(status), self.failure)
