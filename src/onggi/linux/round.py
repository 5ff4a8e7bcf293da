"""One run of a container's program, from clone to the last byte that it wrote. A container that starts again has
several, one after the other, under one monitor."""

from __future__ import annotations

import os
import time

from onggi.linux import cgroup, child, presence, report, runtime, syscalls
from onggi.linux.channel import receive, send
from onggi.linux.init import exit_code
from onggi.linux.memory_watch import MemoryWatch
from onggi.linux.signals import signal
from onggi.linux.stdio import Stdio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from onggi.linux.loop import Loop

    Plan: TypeAlias = dict[str, Any]


class Round:
    """`on_output` gets (stream, bytes); `on_input` is called when room for input appears or goes, `on_oom` when the
    kernel has killed some of it for want of memory."""

    def __init__(
        self,
        plan: Plan,
        where: cgroup.Hierarchies,
        loop: Loop,
        on_output: Callable[[int, bytes], None],
        on_input: Callable[[], None],
        on_oom: Callable[[], None],
    ) -> None:
        self.plan = plan
        self.where = cgroup.find(plan["cgroup_parent"]) if plan["cgroup_parent"] else where
        self.loop = loop
        self.stdio = Stdio(loop, on_output, on_input)
        self.pid = 0
        self.pidfd = -1
        self.group: cgroup.Group | None = None  # to be read
        self.held: cgroup.Group | None = None  # ours to remove
        self.memory: MemoryWatch | None = None
        self.on_oom = on_oom
        self.started_at = 0.0
        self.began = time.monotonic()

    def start(self, on_end: Callable[[int], None]) -> None:
        """Returns once the program runs; `on_end` will get its exit code. What fails leaves only what `clean_up`
        removes."""
        if self.plan["options"]["runtime"]:
            self._start_runtime()
        else:
            self._start_child()
        self.started_at, self.began = time.time(), time.monotonic()
        if self.group:
            self.memory = MemoryWatch(self.loop, self.group, self.on_oom)
        presence.announce(self.pid)

        def end(events: int) -> None:
            presence.withdraw()
            _, status = os.waitpid(self.pid, 0)
            self.loop.forget(self.pidfd)
            on_end(exit_code(status))

        self.loop.watch(self.pidfd, end)
        self.stdio.start()

    def age(self) -> float:
        """Seconds since its program began."""
        return time.monotonic() - self.began

    def is_ending(self) -> bool:
        """Its program ends, or has: it gives up its namespaces before the end is heard, and who else is in its pid
        namespace is killed and reaped before it is (pid_namespaces(7))."""
        try:
            os.readlink(f"/proc/{self.pid}/ns/mnt")
        except OSError:
            return True
        return False

    def signal(self, number: int) -> None:
        """Raises ProcessLookupError when it has ended."""
        if self.pidfd < 0:
            raise ProcessLookupError
        signal.pidfd_send_signal(self.pidfd, number)

    def finish(self) -> bool:
        """Its program has ended: read what is left of its output, and leave nothing of it. Returns whether the kernel
        had killed some of it for want of memory."""
        if self.held and "pid" not in self.plan["namespaces"]:
            self.held.kill()  # its death was nobody else's, and who is left may hold the ends of its pipes
        self.stdio.drain()
        if self.memory:
            self.memory.stop()
        self.clean_up()
        return self.memory is not None and self.memory.kills > 0

    def clean_up(self) -> None:
        """Nothing is left but the container's folder."""
        if self.plan["options"]["runtime"]:
            runtime.delete(self.plan["options"]["runtime"], self.plan["home"])
        if self.held:
            self.held.remove()
            self.held = None
        self.stdio.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def _ends(self) -> tuple[int, int, int]:
        return self.stdio.no_pipes() if self.plan["terminal"] else self.stdio.pipes(self.plan["options"]["open_stdin"])

    def _start_child(self) -> None:
        if self.plan["cgroup"]:
            self.held = cgroup.make(
                self.where, self.plan["cgroup"], self.plan["devices"], cgroup.LIMITS, self.plan["resources"]
            )
            self.group = self.held
        ends = self._ends()
        self.pid, self.pidfd, control = self._clone(ends)
        for descriptor in ends:
            os.close(descriptor)
        if self.group:
            self.group.enter(self.pid)
        send(control, child.ENTERED)
        message, descriptors = receive(control)
        if message == child.CONSOLE:
            self.stdio.take_terminal(descriptors[0])
            message, _ = receive(control)
        control.close()
        if message:
            os.waitpid(self.pid, 0)
            raise report.decode(message)

    def _clone(self, ends: tuple[int, int, int]) -> tuple[int, int, socket]:
        homes = dict(self.plan["joined"])
        if "pid" not in homes:
            return child.start(self.plan, self.group, ends)
        namespace = presence.namespace(homes["pid"], "pid")
        try:
            with syscalls.ChildrenIn(namespace):
                return child.start(self.plan, self.group, ends)
        finally:
            os.close(namespace)

    def _start_runtime(self) -> None:
        if self.plan["cgroup"]:
            self.held = cgroup.reserve(self.where, self.plan["cgroup"])
        ends = self._ends()
        self.pid, self.pidfd, master = runtime.create(self.plan, ends)
        for descriptor in ends:
            os.close(descriptor)
        if master >= 0:
            self.stdio.take_terminal(master)
            self.stdio.resize(self.plan["options"]["rows"], self.plan["options"]["columns"])
        if self.plan["cgroup"]:
            self.group = cgroup.group_of(self.pid, self.plan["cgroup"])
        runtime.start(self.plan)
