"""The launcher: a small, single-threaded process that starts every container and build step.

Why a process of its own. What runs between fork and execve has a copy of one thread and of every lock the others held;
in an engine with a pool of threads that is a deadlock waiting for its day. And a fork copies page tables: from an
engine of 80 MB it costs 5 ms, from this process 1 ms. So `launch.py` spawns a fresh interpreter once (`-I -S`: no
site, no environment) which imports the smallest part of the standard library and forks one child per step.

Why underscored modules. `signal` and `socket` are Python around `_signal` and `_socket`, and import enum, selectors
and re; `json` imports re; `typing` costs most of all. Without them the launcher is ready in 12 ms instead of 25, and
each container's monitor, which is a fork of it, is 2 MB smaller.

What is said. The client sends one packet per request on the launcher's socket: a word, and descriptors. The first
descriptor is a socket of the request's own, the second a memfd with the marshalled plan. Nothing else is shared, so
several threads may ask at once without a lock or a number, and whoever closes the request's socket, by a call or by
being killed, ends the step.

    step        request, plan, stdin, stdout, stderr → the step's end as (exit code, processor seconds), or an error
    container   request, plan, home, clients         → the monitor answers when the program runs, or an error

Who dies with whom. A step dies with the launcher (parent-death signal), and the launcher ends with the client (its
socket closes), killing and reaping its steps and removing their cgroups first. A monitor is a session of its own; it
outlives both.

Cgroups, by numbers (2 cores, Linux 6.18, hybrid). Moving a process into a version 1 hierarchy takes the lock that every
fork on the host shares; the first move waits 7–11 ms for an RCU grace period, five more right after it 0.2 ms each.
Being born in a version 2 group (CLONE_INTO_CGROUP) costs nothing. A build step has no limits of its own: it needs its
processor time, its device rules and an end, all of which version 2 has, and otherwise stays in the caller's groups. A
container gets the version 1 hierarchies too; its monitor moves it while the child mounts its root file system, so
most of the wait is hidden.
"""

from __future__ import annotations

import marshal
import os
from _socket import AF_UNIX, SOCK_SEQPACKET, SOCK_STREAM, socket

from onggi.errors import OnggiError
from onggi.linux import cgroup, child, monitor, report, syscalls
from onggi.linux.channel import MOST_OF_ALL, receive, send
from onggi.linux.init import exit_code
from onggi.linux.loop import Loop
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    Plan: TypeAlias = dict[str, Any]


class Step:
    """A running build step."""

    def __init__(self, launcher: Launcher, request: socket, plan: Plan, stdio: tuple[int, int, int]) -> None:
        self.launcher = launcher
        self.request = request
        self.failure = b""
        self.group: cgroup.Group | None = None
        if plan["cgroup"]:
            parent, resources = plan["cgroup_parent"], plan["resources"]
            where = cgroup.find(parent) if parent else launcher.hierarchies
            controllers = cgroup.LIMITS if parent else cgroup.limiting(resources)
            self.group = cgroup.make(where, plan["cgroup"], plan["devices"], controllers, resources)
        try:
            self.pid, self.pidfd, self.control = child.start(plan, self.group, stdio)
        except OnggiError:
            self.remove_group()
            raise
        if self.group:
            self.group.enter(self.pid)
        send(self.control, child.ENTERED)
        launcher.loop.watch(self.control.fileno(), self.on_control)
        launcher.loop.watch(self.request.fileno(), self.on_request)
        launcher.loop.watch(self.pidfd, self.on_end)
        launcher.steps.add(self)

    def on_control(self, events: int) -> None:
        """The child failed before it became the program (its report), or has become it (the end of the socket)."""
        self.failure, _ = receive(self.control)
        self.launcher.loop.forget(self.control.fileno())
        self.control.close()

    def on_request(self, events: int) -> None:
        """The client wants it to end: it says so, or has gone."""
        if not receive(self.request)[0]:
            self.launcher.loop.forget(self.request.fileno())
        self.kill()

    def on_end(self, events: int = 0) -> None:
        _, status = os.waitpid(self.pid, 0)
        if self.control.fileno() >= 0:
            self.on_control(0)
        seconds, kills = (self.group.cpu_seconds(), self.group.oom_kills()) if self.group else (0.0, 0)
        self.remove_group()
        send(self.request, self.failure or marshal.dumps((exit_code(status), seconds, kills)))
        self.launcher.loop.forget(self.pidfd, self.request.fileno())
        os.close(self.pidfd)
        self.request.close()
        self.launcher.steps.discard(self)

    def kill(self) -> None:
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def remove_group(self) -> None:
        if self.group:
            self.group.remove()


class Launcher:
    """The requests of one client, and what runs for it."""

    def __init__(self, client: socket) -> None:
        self.client = client
        self.hierarchies = cgroup.find()
        self.loop = Loop()
        self.steps: set[Step] = set()
        self.is_wanted = True
        self.loop.watch(client.fileno(), self.on_client)

    def serve(self) -> None:
        """Until the client closes its end. Then nothing that was started for it is left."""
        while self.is_wanted:
            self.loop.turn()
        for step in tuple(self.steps):
            step.kill()
            step.on_end()

    def on_client(self, events: int) -> None:
        word, descriptors = receive(self.client, most_descriptors=MOST_OF_ALL)
        if not word:
            self.is_wanted = False
            return
        request = socket(AF_UNIX, SOCK_STREAM, 0, descriptors[0])
        plan, *others = descriptors[1:]
        try:
            REQUESTS[word](self, request, read_plan(plan), others)
        except OnggiError as error:
            send(request, report.encode(error))
            request.close()
        finally:
            for descriptor in (plan, *others):
                os.close(descriptor)

    def start_step(self, request: socket, plan: Plan, others: Sequence[int]) -> None:
        stdin, stdout, stderr = others
        Step(self, request, plan, (stdin, stdout, stderr))

    def start_container(self, request: socket, plan: Plan, others: Sequence[int]) -> None:
        pid = os.fork()
        if pid == 0:
            syscalls.close_all_but((0, 1, 2, request.fileno(), *others))
            monitor.run(plan, request, self.hierarchies, others)
        request.close()
        pidfd = os.pidfd_open(pid)

        def reap(events: int) -> None:
            os.waitpid(pid, 0)
            self.loop.forget(pidfd)
            os.close(pidfd)

        self.loop.watch(pidfd, reap)


REQUESTS = {b"step": Launcher.start_step, b"container": Launcher.start_container}


def read_plan(descriptor: int) -> Plan:
    plan: Plan = marshal.loads(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
    return plan


def main() -> None:
    os.chdir("/")
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    syscalls.set_name("onggi-launcher")
    launcher = Launcher(socket(AF_UNIX, SOCK_SEQPACKET, 0, 0))
    cgroup.sweep(launcher.hierarchies)
    launcher.serve()
    os._exit(0)  # the client waits, and nothing here needs the interpreter taken apart
