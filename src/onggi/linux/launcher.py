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
    container   request, plan, home, client          → the monitor answers when the program runs, or an error

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
import select
from _socket import AF_UNIX, CMSG_SPACE, SOCK_SEQPACKET, SOCK_STREAM, socket, socketpair
from struct import unpack

from onggi.errors import OnggiError
from onggi.linux import cgroup, child, report, syscalls
from onggi.linux.init import exit_code
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Plan: TypeAlias = dict[str, Any]

MOST_DESCRIPTORS = 8


def read_plan(descriptor: int) -> Plan:
    size = os.fstat(descriptor).st_size
    plan: Plan = marshal.loads(os.pread(descriptor, size, 0))
    os.close(descriptor)
    return plan


def send(peer: socket, message: bytes) -> None:
    """To a peer that may have gone."""
    try:
        peer.send(message)
    except (BrokenPipeError, ConnectionResetError):
        pass


def receive(peer: socket) -> bytes:
    """b"" when the peer has gone, even with something of ours unread."""
    try:
        return peer.recv(65536)
    except ConnectionResetError:
        return b""


def start_child(plan: Plan, group: cgroup.Group | None, stdio: tuple[int, int, int]) -> tuple[int, int, socket]:
    """Clone the plan's child. Returns its pid, its pidfd and our end of its control socket."""
    ours, its = socketpair(AF_UNIX, SOCK_SEQPACKET)
    flags = 0
    for kind in plan["namespaces"]:
        flags |= syscalls.NAMESPACES[kind]
    try:
        pid, pidfd = syscalls.clone(flags, group.entry if group else -1)
    except OSError as error:
        ours.close()
        raise report.explain("make the namespaces " + ", ".join(plan["namespaces"]), error) from error
    if pid == 0:
        ours.close()
        child.run(plan, its, stdio)
    its.close()
    return pid, pidfd, ours


class Step:
    """A running build step."""

    def __init__(self, launcher: Launcher, request: socket, plan: Plan, stdio: tuple[int, int, int]) -> None:
        self.launcher = launcher
        self.request = request
        self.group: cgroup.Group | None = None
        if plan["cgroup"]:
            self.group = cgroup.make(launcher.hierarchies, plan["cgroup"], plan["devices"], ())
        try:
            self.pid, self.pidfd, self.control = start_child(plan, self.group, stdio)
        except OnggiError:
            self.discard_group()
            raise
        if self.group:
            self.group.enter(self.pid)
        send(self.control, child.ENTERED)
        launcher.watch(self.control.fileno(), self.on_control)
        launcher.watch(self.request.fileno(), self.on_request)
        launcher.watch(self.pidfd, self.on_end)
        launcher.steps.add(self)

    def on_control(self) -> None:
        """The child failed before it became the program (its report), or has become it (the end of the socket)."""
        if failure := receive(self.control):
            send(self.request, failure)
        self.launcher.forget(self.control.fileno())
        self.control.close()

    def on_request(self) -> None:
        """The client asks for the end, by a byte or by closing its side."""
        if not receive(self.request):
            self.launcher.forget(self.request.fileno())
        self.kill()

    def on_end(self) -> None:
        _, status = os.waitpid(self.pid, 0)
        if self.control.fileno() >= 0:
            self.on_control()
        seconds = self.group.cpu_seconds() if self.group else 0.0
        self.discard_group()
        send(self.request, marshal.dumps((exit_code(status), seconds)))
        self.launcher.forget(self.pidfd, self.request.fileno())
        os.close(self.pidfd)
        self.request.close()
        self.launcher.steps.discard(self)

    def kill(self) -> None:
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def discard_group(self) -> None:
        if self.group:
            self.group.remove()


class Launcher:
    def __init__(self, client: socket) -> None:
        self.client = client
        self.hierarchies = cgroup.find()
        self.poll = select.poll()
        self.handlers: dict[int, Callable[[], None]] = {}
        self.steps: set[Step] = set()
        self.is_wanted = True
        self.watch(client.fileno(), self.on_client)

    def watch(self, descriptor: int, handler: Callable[[], None]) -> None:
        self.handlers[descriptor] = handler
        self.poll.register(descriptor, select.POLLIN)

    def forget(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            if self.handlers.pop(descriptor, None):
                self.poll.unregister(descriptor)

    def serve(self) -> None:
        """Until the client closes its end. Then nothing that was started for it is left."""
        while self.is_wanted:
            for descriptor, _ in self.poll.poll():
                if handler := self.handlers.get(descriptor):
                    handler()
        for step in tuple(self.steps):
            step.kill()
            step.on_end()

    def on_client(self) -> None:
        word, ancillary, _, _ = self.client.recvmsg(64, CMSG_SPACE(4 * MOST_DESCRIPTORS))
        if not word:
            self.is_wanted = False
            return
        ((_, _, data),) = ancillary
        request, plan, *others = unpack(f"{len(data) // 4}i", data)
        for descriptor in (request, plan, *others):
            os.set_inheritable(descriptor, False)
        answer = socket(AF_UNIX, SOCK_STREAM, 0, request)
        try:
            REQUESTS[word](self, answer, read_plan(plan), others)
        except OnggiError as error:
            send(answer, report.encode(error))
            answer.close()
        finally:
            for descriptor in others:
                os.close(descriptor)

    def start_step(self, request: socket, plan: Plan, stdio: list[int]) -> None:
        stdin, stdout, stderr = stdio
        Step(self, request, plan, (stdin, stdout, stderr))

    def start_container(self, request: socket, plan: Plan, descriptors: list[int]) -> None:
        pid = os.fork()
        if pid == 0:
            from onggi.linux import monitor

            monitor.run(plan, request, self.hierarchies, descriptors)
        request.close()
        pidfd = os.pidfd_open(pid)

        def reap() -> None:
            os.waitpid(pid, 0)
            self.forget(pidfd)
            os.close(pidfd)

        self.watch(pidfd, reap)


REQUESTS = {b"step": Launcher.start_step, b"container": Launcher.start_container}


def main() -> None:
    os.chdir("/")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a ctrl-C is for the client, who tells us what ends
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    client = socket(AF_UNIX, SOCK_SEQPACKET, 0, 0)
    launcher = Launcher(client)
    cgroup.sweep(launcher.hierarchies)
    launcher.serve()
