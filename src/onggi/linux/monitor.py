"""The parent of one container: holds its stdio, writes its log and state, serves its clients, reaps it, probes its
health and, if its restart policy says so, starts it again.

A fork of the launcher and a session of its own, so it outlives every CLI and API process. One thread, one poll loop,
and nothing in it waits: not for a client, whose output goes to a backlog, nor for the container to read its stdin,
whose writers are held back instead. While the container is idle it sleeps.

Files, all in the container's folder, which is the monitor's working folder (a socket's path has 108 bytes at most):

    state.json    replaced at each change; says `exited` once the log holds all that the container wrote
    …             the log, as its driver has it; see log/
    attach.sock   for clients; frames.py says what is spoken
    monitor.lock  locked for as long as the monitor lives
    monitor.error why it ended before its container did, if it could say so
    process       a link to the program in /proc while it runs; see presence.py

If the monitor is killed so is the container (parent-death signal): nobody would take its output or tell its end.
"""

from __future__ import annotations

import fcntl
import gc
import marshal
import os
import sys
import time
from _socket import socket

from onggi.container import health, restart
from onggi.errors import Conflict, Failed, OnggiError, Unavailable
from onggi.linux import cgroup, frames, presence, report, syscalls
from onggi.linux.channel import send
from onggi.linux.clients import PATIENCE, Client, Clients
from onggi.linux.events import Events
from onggi.linux.exec import Exec
from onggi.linux.health import Health
from onggi.linux.journal import INCOMPLETE, Journal, quote
from onggi.linux.loop import Loop, Timer
from onggi.linux.requests import REQUESTS
from onggi.linux.round import Round
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    Plan: TypeAlias = dict[str, Any]

STREAMS = {frames.STDOUT: "stdout", frames.STDERR: "stderr"}
NEVER_RAN = 128
KILLED = 137
LOCK_TRIES = 20


def run(plan: Plan, request: socket, where: cgroup.Hierarchies, client: int) -> NoReturn:
    """Be the monitor of a new container. `request` learns when its program runs, or why it does not. `client` is the
    descriptor of one that is attached from the first byte on, or -1."""
    try:
        _leave_the_caller()
        monitor = Monitor(plan, where)
        if client >= 0:
            monitor.events.emit("attach")
        monitor.start()
        if client >= 0:
            monitor.add_first(Client(client, is_attached=True))
        send(request, marshal.dumps((monitor.round.pid, 0.0)))
        request.close()
        _slim()
        monitor.serve()
    except OnggiError as error:
        send(request, report.encode(error))
    except OSError as error:
        send(request, report.encode(report.explain("monitor the container", error)))
    finally:
        if bug := sys.exc_info()[1]:  # else nobody would ever know
            _confess(f"a bug in onggi: {type(bug).__name__}: {bug}", request)
        os._exit(0)


def _confess(words: str, request: socket) -> None:
    """To who waits for the start, or later to who asks for the state."""
    if request.fileno() >= 0:
        send(request, report.encode(Unavailable(words)))
    else:
        _write(presence.LAST_WORDS, words.encode())


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
        self.events = Events(kind="container", **self.options["actor"])
        self.volumes = [Events(kind="volume", **volume) for volume in self.options["volumes"]]
        self.loop = Loop()
        self.clients = Clients(
            self.loop, self.on_frame, self.on_leave, self.wait_for_readers, lambda: not self.round.stdio.is_full
        )
        self.patience: Timer | None = None  # for those who are behind
        self.round = self.new_round()
        self.health: Health | None = None
        self.execs: dict[Client, Exec] = {}
        self.exec_ids: list[str] = []  # of all further processes that run, whoever waits for them
        self.count = 0  # how often its policy started it again
        self.delay = 0.0  # before the next round
        self.due: Timer | None = None  # the next round
        self.is_paused = False
        self.was_stopped = False
        self.restarts = False  # once it has ended, whatever its policy says
        self.grace: Timer | None = None
        self.exit_code = 0
        self.is_over = False
        self.is_taken = False
        self.log_error = ""
        self.state: dict[str, Any] = {}

    def new_round(self) -> Round:
        return Round(self.plan, self.where, self.loop, self.on_output, self.clients.hold_back, self.on_oom)

    def start(self) -> None:
        """Lock, listen, clone; returns once the program runs."""
        os.chdir(self.plan["home"])
        self.lock()
        self.clients.listen()
        self.journal = Journal(self.options["log_driver"], self.options["log_options"], self.loop)
        try:
            self.begin()
        except OnggiError as error:
            self.fail(error)
            raise

    def add_first(self, client: Client) -> None:
        """Who started it: it gets everything from the first byte on, and writes to its stdin itself."""
        self.clients.add(client)
        if self.round.stdio.input_pipe >= 0:
            self.clients.give_input(client, self.round.stdio.input_pipe)

    def lock(self) -> None:
        self.lock_file = os.open(presence.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        for _ in range(LOCK_TRIES):
            try:
                fcntl.flock(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.005)  # someone may be looking whether a monitor lives, with a shared lock
            else:
                return
        raise Conflict("the container is already running")

    def serve(self) -> None:
        """Until the container has ended for good and everyone who is connected has been told."""
        while not self.is_over:
            self.loop.turn()
        self.clients.part()
        if self.options["auto_remove_argv"] and not self.is_taken:
            argv = self.options["auto_remove_argv"]
            os.posix_spawn(argv[0], argv, {}, setsid=True)

    # Rounds.

    def begin(self) -> None:
        """Start the program. Raises OnggiError."""
        self.round.start(self.on_end)
        self.restarts = False
        if self.options["health"]:
            self.health = Health(self.loop, self.options["health"], self.round, self.on_probe)
        self.publish(
            status="running",
            pid=self.round.pid,
            started_at=self.round.started_at,
            exit_code=0,
            error=self.log_error,
            oom_killed=False,
            restart_count=self.count,
            health=self.health.document() if self.health else None,
            was_stopped=self.was_stopped,
        )
        for volume in self.volumes:
            volume.emit("mount")
        self.events.emit("start")

    def begin_again(self) -> None:
        """The next round of a container that is restarting."""
        self.due = None
        self.count += 1
        self.round = self.new_round()
        try:
            self.begin()
        except OnggiError as error:
            self.log_error = error.message
            self.exit_code = error.exit_code if isinstance(error, Failed) else NEVER_RAN
            self.round.clean_up()
            self.end(is_out_of_memory=False)

    def fail(self, error: OnggiError) -> None:
        """The program does not run: leave nothing but the reason."""
        self.round.clean_up()
        self.clients.refuse()
        code = error.exit_code if isinstance(error, Failed) else NEVER_RAN
        self.publish(status="created", exit_code=code, error=error.message)

    def on_end(self, code: int) -> None:
        """The program has ended: first all its output, then what comes next, then the news."""
        self.exit_code = code
        self.is_paused = False
        self.loop.cancel(self.grace)
        if self.health:
            self.health.stop()
        age = self.round.age()
        is_out_of_memory = self.round.finish()
        self.log(self.journal.flush)
        name, most = self.options["restart"]
        is_wanted = restart.wants_another(name, most, exit_code=code, rounds=self.count, was_stopped=self.was_stopped)
        if is_wanted or (self.restarts and not self.was_stopped):  # a person's word counts for more than its health
            self.delay = restart.next_delay(self.delay, age)
            self.publish(**self.ended(is_out_of_memory), status="restarting")
            self.tell_death()
            self.due = self.loop.after(self.delay, self.begin_again)
            self.tell_exit()
        else:
            self.end(is_out_of_memory)

    def on_oom(self) -> None:
        """The kernel has killed some of it, perhaps not its first process: then it goes on."""
        self.publish(oom_killed=True)
        self.events.emit("oom")

    def ended(self, is_out_of_memory: bool) -> dict[str, Any]:
        self.exec_ids.clear()
        return {
            "pid": 0,
            "execs": [],
            "exit_code": self.exit_code,
            "finished_at": time.time(),
            "oom_killed": is_out_of_memory,
            "error": self.log_error,
        }

    def end(self, is_out_of_memory: bool, has_just_died: bool = True) -> None:
        """There is no further round."""
        self.log(self.journal.close)
        self.clients.refuse()
        self.publish(**self.ended(is_out_of_memory), status="exited", was_stopped=self.was_stopped)
        if has_just_died:
            self.tell_death()
        os.close(self.lock_file)  # what is left to do for clients need not keep it from being started again
        self.tell_exit()
        self.is_over = True

    def tell_death(self) -> None:
        """Once the state says it, and before anyone is told who might remove the container."""
        self.events.emit("die", exitCode=str(self.exit_code))
        for volume in self.volumes:
            volume.emit("unmount")

    def tell_exit(self) -> None:
        """To who waits for it; and to who waits for another process in it, which has ended with it."""
        for client in tuple(self.execs):
            self.clients.tell(client, frames.EXIT, frames.NUMBER.pack(KILLED))
        self.clients.tell_all(frames.EXIT, frames.NUMBER.pack(self.exit_code))

    # What happens.

    def on_output(self, stream: int, data: bytes) -> None:
        self.log(self.journal.write, STREAMS[stream], data)
        self.clients.tell_attached(stream, data)
        self.wait_for_readers()

    def wait_for_readers(self) -> None:
        """The container waits for those who read its output, as it would at a pipe; but not for one that has stopped:
        what that is to get goes to a file."""
        is_behind = self.clients.is_one_behind()
        if is_behind and not self.patience:
            self.patience = self.loop.after(PATIENCE, self.look_at_readers)
        self.round.stdio.hold(is_behind)

    def look_at_readers(self) -> None:
        self.patience = None
        self.wait_for_readers()

    def log(self, act: Callable[..., None], *arguments: Any) -> None:
        """A full disk must not stop the container; but its state says so, from the first loss on."""
        try:
            act(*arguments)
        except OSError as error:
            before, self.log_error = self.log_error, f"{INCOMPLETE}: {error.strerror}"
            if self.log_error != before:
                self.publish(error=self.log_error)

    def on_probe(self, is_new: bool) -> None:
        assert self.health
        self.publish(health=self.health.document())
        if is_new:
            self.events.emit(f"health_status: {self.health.status}")
        if is_new and self.health.status == health.UNHEALTHY:
            UNHEALTHY[self.options["health"]["on_failure"]](self)

    def on_frame(self, client: Client, kind: int, payload: bytes) -> None:
        if kind not in REQUESTS:
            raise ValueError(f"a frame of the unknown kind {kind}")
        REQUESTS[kind](self, client, payload)

    def on_leave(self, client: Client) -> None:
        """A container whose stdin is one client's reads the end of file when that one goes."""
        if process := self.execs.pop(client, None):
            process.let_go()
        if client.is_attached and self.options["ends_with_client"] and not self.is_over:
            self.signal(signal.SIGKILL)
        if client.is_attached and not client.keeps_stdin and self.options["stdin_once"]:
            self.round.stdio.close_input()

    # Ways to end.

    def signal(self, number: int) -> None:
        """Raises OSError when it has just ended."""
        self.round.signal(number)
        self.events.emit("kill", signal=str(number))

    def stop(self, number: int) -> None:
        """Send a signal that is to end it. A container that is paused goes on, as it could not heed it. Raises OSError
        when it has just ended."""
        if self.due:
            self.loop.cancel(self.due)
            self.due = None
            self.end(is_out_of_memory=False, has_just_died=False)
            return
        self.signal(number)
        if self.is_paused:
            self.thaw()

    def stop_in_time(self) -> None:
        """With its stop signal; and with KILL when the grace period is over."""
        self.stop(self.options["stop_signal"])
        if self.options["stop_timeout"] >= 0:
            self.grace = self.loop.after(self.options["stop_timeout"], lambda: self.stop(signal.SIGKILL))

    def begin_no_more(self) -> None:
        """Neither by its policy, nor because it was to be ended for another start."""
        self.was_stopped = True
        self.restarts = False

    def stop_for_good(self) -> None:
        self.begin_no_more()
        self.stop_in_time()

    def stop_for_another(self) -> None:
        """Unless it is being ended: its probes end with it, and fail."""
        if not self.was_stopped:
            self.restarts = True
            self.stop_in_time()

    def freeze(self) -> None:
        self.group().freeze()
        self.is_paused = True
        if self.health:
            self.health.stop()
        self.publish(status="paused")
        self.events.emit("pause")

    def thaw(self) -> None:
        self.group().thaw()
        self.is_paused = False
        if self.health:
            self.health.go_on()
        self.publish(status="running")
        self.events.emit("unpause")

    def group(self) -> cgroup.Group:
        """To freeze and to limit."""
        group = self.round.group
        if group is None:
            raise Conflict("the container is not running")
        return group

    def publish(self, **changes: Any) -> None:
        """Replace state.json. On a full disk write into the file that is there, which has a block to itself."""
        self.state |= changes
        data = f"{_json(self.state)}\n".encode()
        try:
            _write("state.json.new", data)
            os.rename("state.json.new", "state.json")
        except OSError:
            _write("state.json", data)


UNHEALTHY = {
    "none": lambda monitor: None,
    "kill": lambda monitor: monitor.stop(signal.SIGKILL),
    "stop": Monitor.stop_for_good,
    "restart": Monitor.stop_for_another,
}
"""What becomes of a container that is not well."""


def _json(value: Any) -> str:
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        return f"{{{','.join([f'{quote(key)}:{_json(item)}' for key, item in value.items()])}}}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join([_json(item) for item in value])}]"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, data)
        os.ftruncate(descriptor, len(data))
    finally:
        os.close(descriptor)
