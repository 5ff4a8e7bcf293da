"""The parent of one container: holds its stdio, writes its log and state, serves its clients, reaps it.

A fork of the launcher and a session of its own, so it outlives every CLI and API process. One thread, one poll loop,
and nothing in it waits: not for a client, whose output goes to a backlog, nor for the container to read its stdin,
whose writers are held back instead. While the container is idle it sleeps.

Files, all in the container's folder, which is the monitor's working folder (a socket's path has 108 bytes at most):

    state.json    replaced at each change; says `exited` once the log holds all that the container wrote
    log.json      Docker's json-file lines
    attach.sock   for clients; frames.py says what is spoken
    monitor.lock  locked for as long as the monitor lives

If the monitor is killed so is the container (parent-death signal): nobody would take its output or tell its end.
"""

from __future__ import annotations

import fcntl
import gc
import marshal
import os
import time
from _socket import socket

from onggi.errors import Conflict, Failed, OnggiError
from onggi.linux import cgroup, child, frames, report, runtime, syscalls
from onggi.linux.channel import receive, send
from onggi.linux.clients import Client, Clients
from onggi.linux.init import exit_code
from onggi.linux.journal import Journal, quote
from onggi.linux.loop import Loop
from onggi.linux.signals import signal
from onggi.linux.stdio import Stdio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeAlias

    Plan: TypeAlias = dict[str, Any]

STREAMS = {frames.STDOUT: "stdout", frames.STDERR: "stderr"}
NEVER_RAN = 128
LOCK_TRIES = 20


def run(plan: Plan, request: socket, where: cgroup.Hierarchies, client: int) -> NoReturn:
    """Be the monitor of a new container. `request` learns when its program runs, or why it does not. `client` is the
    descriptor of one that is attached from the first byte on, or -1."""
    try:
        _leave_the_caller()
        monitor = Monitor(plan, where)
        monitor.start()
        if client >= 0:
            monitor.clients.add(Client(client, is_attached=True))
        send(request, marshal.dumps((monitor.pid, 0.0)))
        request.close()
        _slim()
        monitor.serve()
    except OnggiError as error:
        send(request, report.encode(error))
    except OSError as error:
        send(request, report.encode(report.explain("monitor the container", error)))
    finally:
        os._exit(0)


def _leave_the_caller() -> None:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    os.close(null)
    syscalls.set_name("onggi-monitor")


def _slim() -> None:
    """Give back what only the start needed, and keep the collector off the pages that are shared with the launcher."""
    gc.collect()
    gc.freeze()
    gc.disable()
    syscalls.trim_heap()


class Monitor:
    def __init__(self, plan: Plan, where: cgroup.Hierarchies) -> None:
        self.plan = plan
        self.options = plan["options"]
        self.where = where
        self.pid = 0
        self.pidfd = -1
        self.group: cgroup.Group | None = None  # to be read
        self.held: cgroup.Group | None = None  # ours to remove
        self.loop = Loop()
        self.stdio = Stdio(self.loop, self.on_output, lambda: self.clients.hold_back())
        self.clients = Clients(self.loop, self.on_frame, self.on_leave, lambda: not self.stdio.is_full)
        self.exit_code: int | None = None
        self.is_taken = False
        self.log_error = ""
        self.state: dict[str, str | int | float | bool] = {}

    def start(self) -> None:
        """Lock, listen, clone; returns once the program runs."""
        os.chdir(self.plan["home"])
        self.lock()
        self.clients.listen()
        self.journal = Journal("log.json")
        try:
            if self.options["runtime"]:
                self.start_runtime()
            else:
                self.start_child()
        except OnggiError as error:
            self.fail(error)
            raise
        self.publish(status="running", pid=self.pid, started_at=time.time())
        self.loop.watch(self.pidfd, self.on_end)
        self.stdio.start()

    def lock(self) -> None:
        self.lock_file = os.open("monitor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        for _ in range(LOCK_TRIES):
            try:
                fcntl.flock(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.005)  # someone may be looking whether a monitor lives, with a shared lock
            else:
                return
        raise Conflict("the container is already running")

    def ends(self) -> tuple[int, int, int]:
        return self.stdio.no_pipes() if self.plan["terminal"] else self.stdio.pipes(self.options["open_stdin"])

    def start_child(self) -> None:
        if self.plan["cgroup"]:
            self.held = cgroup.make(self.where, self.plan["cgroup"], self.plan["devices"], cgroup.LIMITS)
            self.group = self.held
        ends = self.ends()
        self.pid, self.pidfd, control = child.start(self.plan, self.group, ends)
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

    def start_runtime(self) -> None:
        if self.plan["cgroup"]:
            self.held = cgroup.reserve(self.where, self.plan["cgroup"])
        ends = self.ends()
        self.pid, self.pidfd, master = runtime.create(self.plan, ends)
        for descriptor in ends:
            os.close(descriptor)
        if master >= 0:
            self.stdio.take_terminal(master)
            self.stdio.resize(self.options["rows"], self.options["columns"])
        self.group = cgroup.group_of(self.pid)
        runtime.start(self.plan)

    def fail(self, error: OnggiError) -> None:
        """The program does not run: leave nothing but the reason."""
        self.clean_up()
        self.clients.refuse()
        code = error.exit_code if isinstance(error, Failed) else NEVER_RAN
        self.publish(status="created", exit_code=code, error=error.message)

    def serve(self) -> None:
        """Until the container has ended and everyone who is connected has been told."""
        while self.exit_code is None:
            self.loop.turn()
        self.finish(self.exit_code)
        self.clients.part()
        if self.options["auto_remove_argv"] and not self.is_taken:
            argv = self.options["auto_remove_argv"]
            os.posix_spawn(argv[0], argv, {}, setsid=True)

    def finish(self, code: int) -> None:
        """The container has ended: first all its output, then the news."""
        self.stdio.drain()
        try:
            self.journal.close()
        except OSError as error:
            self.lose_log(error)
        self.clients.refuse()
        is_out_of_memory = self.group is not None and self.group.has_run_out_of_memory()
        self.clean_up()
        self.publish(
            status="exited",
            pid=0,
            exit_code=code,
            finished_at=time.time(),
            oom_killed=is_out_of_memory,
            error=self.log_error,
        )
        os.close(self.lock_file)  # what is left to do for clients need not keep it from being started again
        self.clients.tell_all(frames.EXIT, frames.NUMBER.pack(code))

    def clean_up(self) -> None:
        """Nothing is left of the container but its folder."""
        if self.options["runtime"]:
            runtime.delete(self.options["runtime"], self.plan["home"])
        if self.held:
            self.held.remove()

    # What happens.

    def on_end(self, events: int) -> None:
        _, status = os.waitpid(self.pid, 0)
        self.loop.forget(self.pidfd)
        self.exit_code = exit_code(status)

    def on_output(self, stream: int, data: bytes) -> None:
        try:
            self.journal.write(STREAMS[stream], data)
        except OSError as error:
            self.lose_log(error)
        self.clients.tell_attached(stream, data)

    def lose_log(self, error: OSError) -> None:
        """A full disk must not stop the container; but its state says so."""
        self.log_error = f"the log is not complete: {error.strerror}"

    def on_frame(self, client: Client, kind: int, payload: bytes) -> None:
        if kind not in REQUESTS:
            raise ValueError(f"a frame of the unknown kind {kind}")
        REQUESTS[kind](self, client, payload)

    def on_leave(self, client: Client) -> None:
        """A container whose stdin is one client's reads the end of file when that one goes."""
        if client.is_attached and self.options["ends_with_client"] and self.exit_code is None:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        if client.is_attached and not client.keeps_stdin and self.options["stdin_once"]:
            self.stdio.close_input()

    # Requests of clients.

    def attach(self, client: Client, payload: bytes) -> None:
        client.is_attached = True

    def write(self, client: Client, payload: bytes) -> None:
        self.stdio.write(payload)

    def close_stdin(self, client: Client, payload: bytes) -> None:
        self.stdio.close_input()

    def resize(self, client: Client, payload: bytes) -> None:
        self.stdio.resize(*frames.SIZE.unpack(payload))

    def signal(self, client: Client, payload: bytes) -> None:
        (number,) = frames.NUMBER.unpack(payload)
        try:
            signal.pidfd_send_signal(self.pidfd, number)
        except OSError as error:
            self.clients.tell(client, frames.ANSWER, os.strerror(error.errno or 0).encode())
        else:
            self.clients.tell(client, frames.ANSWER)

    def detach(self, client: Client, payload: bytes) -> None:
        client.keeps_stdin = True

    def take(self, client: Client, payload: bytes) -> None:
        self.is_taken = True

    def publish(self, **changes: str | int | float | bool) -> None:
        """Replace state.json. On a full disk write into the file that is there, which has a block to itself."""
        self.state |= changes
        text = ",".join(f"{quote(key)}:{_json(value)}" for key, value in self.state.items())
        data = f"{{{text}}}\n".encode()
        try:
            _write("state.json.new", data)
            os.rename("state.json.new", "state.json")
        except OSError:
            _write("state.json", data)


REQUESTS = {
    frames.STDIN: Monitor.write,
    frames.ATTACH: Monitor.attach,
    frames.CLOSE_STDIN: Monitor.close_stdin,
    frames.RESIZE: Monitor.resize,
    frames.SIGNAL: Monitor.signal,
    frames.DETACH: Monitor.detach,
    frames.TAKEN: Monitor.take,
}


def _json(value: str | int | float | bool) -> str:
    if isinstance(value, str):
        return quote(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, data)
        os.ftruncate(descriptor, len(data))
    finally:
        os.close(descriptor)
