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
    ports.life, … pipes that tie its port keeper and its resolver to us; see lifeline.py
    process       a link to the program in /proc while it runs; see presence.py

What it is made of, each a thing of its own: a Round is one run of the program, its Succession decides whether another
follows, Health probes it, Clients are who is connected, Execs what they started, Pace how fast it may write, the
Journal is its log, the StateFile what it says of itself. Monitor joins them: what happens here is told there.

If the monitor is killed so is the container (parent-death signal): nobody would take its output or tell its end.
"""

from __future__ import annotations

import gc
import marshal
import os
import sys
import time
from _socket import socket

from onggi.container import health
from onggi.container.home import LAST_WORDS, NETNS
from onggi.container.restart import Succession
from onggi.errors import Conflict, Failed, OnggiError, Unavailable
from onggi.linux import cgroup, file_limit, frames, netns, presence, report, syscalls
from onggi.linux.channel import send
from onggi.linux.clients import Client, Clients
from onggi.linux.events import Events
from onggi.linux.execs import Execs
from onggi.linux.health import Health
from onggi.linux.journal import INCOMPLETE, Journal
from onggi.linux.lifeline import MEND_LOCK_DESCRIPTOR, Lifeline
from onggi.linux.loop import Loop, Timer
from onggi.linux.pace import Pace
from onggi.linux.requests import REQUESTS
from onggi.linux.round import Round
from onggi.linux.signals import signal
from onggi.linux.state_file import StateFile, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn, TypeAlias

    Plan: TypeAlias = dict[str, Any]

STREAMS = {frames.STDOUT: "stdout", frames.STDERR: "stderr"}
NEVER_RAN = 128


def run(plan: Plan, request: socket, where: cgroup.Hierarchies, clients: Sequence[int]) -> NoReturn:
    """Be the monitor of a new container. `request` learns when its program runs, or why it does not. `clients`
    are the descriptors of those that are attached from the first byte on."""
    try:
        _leave_the_caller()
        monitor = Monitor(plan, where)
        for _ in clients:
            monitor.events.emit("attach")
        monitor.start()
        for client in clients:
            monitor.add_first(Client(client, is_attached=True), is_alone=len(clients) == 1)
        send(request, marshal.dumps((monitor.round.pid, 0.0)))
        request.close()
        _slim()
        monitor.serve()
    except OnggiError as error:
        confess(error, request)
    except OSError as error:
        confess(report.explain("monitor the container", error), request)
    finally:
        if bug := sys.exc_info()[1]:  # else nobody would ever know
            confess(Unavailable(f"a bug in onggi: {type(bug).__name__}: {bug}"), request)
        os._exit(0)


def confess(error: OnggiError, request: socket) -> None:
    """Why the monitor ends, to who waits for the start, or later to who asks for the state."""
    if request.fileno() >= 0:
        send(request, report.encode(error))
    else:
        write(LAST_WORDS, error.message.encode())


def _leave_the_caller() -> None:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    os.close(null)
    file_limit.raise_own()
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
        self.loop = Loop()
        self.events = Events(kind="container", **self.options["actor"])
        self.volumes = [Events(kind="volume", **volume) for volume in self.options["volumes"]]
        self.networks = [Events(kind="network", **network) for network in self.options["networks"]]
        self.state = StateFile(os.path.basename(plan["home"])[:12], self.options["before"] or {})
        self.clients = Clients(
            self.loop, self.on_frame, self.on_leave, lambda: self.pace.keep(), lambda: not self.round.stdio.is_full
        )
        self.pace = Pace(self.loop, self.clients.is_one_behind, lambda holds: self.round.stdio.hold(holds))
        self.execs = Execs(self.loop, self.clients, self.events, self.state)
        self.succession = Succession(self.options["restart"])
        self.round = self.new_round()
        self.health: Health | None = None
        self.lifeline: Lifeline | None = None
        self.due: Timer | None = None  # the next round
        self.grace: Timer | None = None
        self.pauser: Client | None = None  # with whose leaving the container goes on
        self.exit_code = 0
        self.error = ""
        self.is_over = False
        self.is_taken = False

    def new_round(self) -> Round:
        return Round(self.plan, self.where, self.loop, self.on_output, self.clients.hold_back, self.on_oom)

    def start(self) -> None:
        """Lock, listen, clone; returns once the program runs."""
        os.chdir(self.plan["home"])
        self.lock = presence.lock()
        self.execs.forget_all()
        self.clients.listen()
        if self.options["is_attached"]:
            self.lifeline = Lifeline(self.loop, self.options["companions"], self.mend)
        self.journal = Journal(self.options["log_driver"], self.options["log_options"], self.loop)
        self.tell_networks("connect")
        try:
            self.begin()
        except OnggiError as error:
            self.fail(error)
            raise

    def add_first(self, client: Client, *, is_alone: bool) -> None:
        """Who started it: it gets everything from the first byte on, and alone it writes to its stdin itself."""
        self.clients.add(client)
        if is_alone and self.round.stdio.input_pipe >= 0:
            self.clients.give_input(client, self.round.stdio.input_pipe)

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
        if self.options["health"]:
            self.health = Health(self.loop, self.options["health"], self.round, self.on_probe)
        self.state.move(
            "start",
            pid=self.round.pid,
            execs=[],
            started_at=self.round.started_at,
            exit_code=0,
            error=self.error,
            oom_killed=False,
            restart_count=self.succession.count,
            health=self.health.document() if self.health else None,
            ill_health=self.succession.past_ill_health,
            was_stopped=self.succession.was_stopped,
            was_lost=False,
            ports=self.options["ports"],
        )
        for volume in self.volumes:
            volume.emit("mount")
        self.events.emit("start")

    def begin_again(self) -> None:
        """The next round of a container that is restarting."""
        self.due = None
        self.succession.go_on()
        self.round = self.new_round()
        try:
            self.begin()
        except OnggiError as error:
            self.error = error.message
            self.exit_code = _exit_code(error)
            self.round.clean_up()
            self.end(is_out_of_memory=False)

    def fail(self, error: OnggiError) -> None:
        """The program does not run, and its state is what it was: leave nothing but the reason."""
        self.tell_networks("disconnect")
        self.round.clean_up()
        self.clients.refuse()
        self.state.say(exit_code=_exit_code(error), error=error.message, oom_killed=False, ill_health="")

    def on_end(self, code: int) -> None:
        """The program has ended: first all its output, then what comes next, then the news."""
        self.exit_code = code
        self.pauser = None
        self.loop.cancel(self.grace)
        if self.health:
            self.health.stop()
        age = self.round.age()
        is_out_of_memory = self.round.finish()
        self.log(self.journal.flush)
        delay = self.succession.next_delay(code, age)
        if delay is None:
            self.end(is_out_of_memory)
            return
        self.state.move("retry", **self.ended(is_out_of_memory))
        self.tell_death()
        self.due = self.loop.after(delay, self.begin_again)
        self.tell_exit()

    def on_oom(self) -> None:
        """The kernel has killed some of it, perhaps not its first process: then it goes on."""
        self.state.say(oom_killed=True)
        self.events.emit("oom")

    def ended(self, is_out_of_memory: bool) -> dict[str, Any]:
        self.execs.ids.clear()
        return {
            "pid": 0,
            "execs": [],
            "exit_code": self.exit_code,
            "finished_at": time.time(),
            "oom_killed": is_out_of_memory,
            "error": self.error,
            "ill_health": self.succession.ill_health,
        }

    def end(self, is_out_of_memory: bool, has_just_died: bool = True) -> None:
        """There is no further round."""
        self.log(self.journal.close)
        self.clients.refuse()
        self.leave_networks()
        self.state.move("exit", **self.ended(is_out_of_memory), was_stopped=self.succession.was_stopped, ports=())
        if has_just_died:
            self.tell_death()
        self.tell_networks("disconnect")
        self.state.leave()
        os.close(self.lock)  # what is left to do for clients need not keep it from being started again
        self.tell_exit()
        self.is_over = True

    def tell_death(self) -> None:
        """Once the state says it, and before anyone is told who might remove the container."""
        said = self.succession.ill_health
        reason = {"reason": f"unhealthy: {said}"} if said else {}
        lasted = str(int(self.round.age()))  # seconds, as in Docker
        self.events.emit("die", execDuration=lasted, exitCode=str(self.exit_code), **reason)
        for volume in self.volumes:
            volume.emit("unmount")

    def tell_networks(self, action: str) -> None:
        """They were joined before its first round, and are left after its last."""
        for network in self.networks:
            network.emit(action)

    def tell_exit(self) -> None:
        """To who waits for it; and to who waits for another process in it, which has ended with it."""
        self.execs.tell_end()
        self.clients.tell_all(frames.EXIT, frames.NUMBER.pack(self.exit_code))

    # What happens.

    def on_output(self, stream: int, data: bytes) -> None:
        self.log(self.journal.write, STREAMS[stream], data)
        self.clients.tell_attached(stream, data)
        self.pace.keep()

    def tell_log_end(self, client: Client, *, has_rest: bool) -> None:
        """Which moment the log is written up to; has_rest: and what it does not have yet, lines that are not whole."""
        self.clients.tell(client, frames.LOGGED, frames.MOMENT.pack(time.time_ns()))
        for stream, name in STREAMS.items() if has_rest else ():
            if rest := self.journal.rest(name):
                self.clients.tell(client, stream, rest)

    def log(self, act: Callable[..., None], *arguments: Any) -> None:
        """A full disk must not stop the container; but its state says so, from the first loss on."""
        try:
            act(*arguments)
        except OSError as error:
            before, self.error = self.error, f"{INCOMPLETE}: {error.strerror}"
            if self.error != before:
                self.state.say(error=self.error)

    def on_probe(self, is_new: bool) -> None:
        assert self.health
        self.state.say(health=self.health.document())
        if not is_new:
            return
        self.events.emit(f"health_status: {self.health.status}")
        action = self.options["health"]["on_failure"]
        if self.health.status == health.UNHEALTHY and self.succession.fall_ill(action, self.health.complaint()):
            if action == "kill":
                self.end_by(signal.SIGKILL)
            else:
                self.end_in_time()

    def on_frame(self, client: Client, kind: int, payload: bytes) -> None:
        if kind not in REQUESTS:
            raise ValueError(f"a frame of the unknown kind {kind}")
        REQUESTS[kind](self, client, payload)

    def on_leave(self, client: Client) -> None:
        """A container whose stdin is one client's reads the end of file when that one goes."""
        self.execs.leave(client)
        if client is self.pauser:
            self.thaw()
        if client.is_attached and self.options["ends_with_client"] and not self.is_over:
            self.end_by(signal.SIGKILL)
        if client.is_attached and not client.keeps_stdin and self.options["stdin_once"]:
            self.round.stdio.close_input()

    # Its networks.

    def mend(self) -> None:
        """A companion was killed: another is to take its place. Who mends one of the store's mends all: while somebody
        is at it we leave it at that, and are called again. Who does it has the lock from us."""
        try:
            pid = self._start_mending()
        except OSError:  # a full disk, or we are not installed there any more: the container goes on as it is
            return
        if not pid:
            return
        pidfd = os.pidfd_open(pid)

        def reap(events: int) -> None:
            self.loop.forget(pidfd)
            os.close(pidfd)
            os.waitpid(pid, 0)

        self.loop.watch(pidfd, reap)

    def _start_mending(self) -> int:
        """The pid of who does it; 0 where somebody is at it. Raises OSError."""
        lock = presence.seize(self.options["mend_lock"])
        if lock < 0:
            return 0
        argv = self.options["mend_argv"]
        given = [(os.POSIX_SPAWN_DUP2, lock, MEND_LOCK_DESCRIPTOR)]
        try:
            return os.posix_spawn(argv[0], argv, {}, setsid=True, file_actions=given)
        finally:
            os.close(lock)

    def change_networks(self, networks: list[dict[str, Any]], companions: list[str], ports: list[Any]) -> None:
        """It was connected to one, or disconnected."""
        self.networks = [Events(kind="network", **network) for network in networks]
        self.options["ports"] = ports
        self.state.say(ports=ports)
        if self.lifeline:
            self.lifeline.keep(companions)

    def leave_networks(self) -> None:
        """What it had there is free when its end is told."""
        if self.lifeline:
            self.lifeline.end()
            netns.remove(NETNS)

    # Ways to end.

    def signal(self, number: int) -> None:
        """Raises Conflict when it has just ended."""
        try:
            self.round.signal(number)
        except ProcessLookupError as error:
            raise Conflict("the container has ended") from error
        self.events.emit("kill", signal=str(number))

    def stop(self, number: int) -> None:
        """Send a signal that is to end it. A container that is paused goes on, as it could not heed it. Raises Conflict
        when it has just ended."""
        if self.due:
            self.loop.cancel(self.due)
            self.due = None
            self.end(is_out_of_memory=False, has_just_died=False)
            return
        self.signal(number)
        if self.state.status == "paused":
            self.thaw()

    def end_by(self, number: int) -> None:
        """The same, where nobody asks for an answer."""
        try:
            self.stop(number)
        except Conflict:
            pass  # its end is about to be heard

    def end_in_time(self) -> None:
        """With its stop signal; and with KILL when the grace period is over."""
        self.end_by(self.options["stop_signal"])
        if self.options["stop_timeout"] >= 0:
            self.grace = self.loop.after(self.options["stop_timeout"], lambda: self.end_by(signal.SIGKILL))

    # Pauses.

    def freeze(self, pauser: Client | None) -> None:
        """Until someone lets it go on, or `pauser` goes. Raises Conflict where the table of states has no pause."""
        self.state.require("pause")
        self.group().freeze()
        self.pauser = pauser
        if self.health:
            self.health.stop()
        self.state.move("pause")
        self.events.emit("pause")

    def thaw(self) -> None:
        """Raises Conflict if it is not paused."""
        self.state.require("unpause")
        self.group().thaw()
        self.pauser = None
        if self.health:
            self.health.go_on()
        self.state.move("unpause")
        self.events.emit("unpause")

    def group(self) -> cgroup.Group:
        """To freeze and to limit."""
        group = self.round.group
        if group is None or self.is_over:
            raise Conflict("the container is not running")
        return group


def _exit_code(error: OnggiError) -> int:
    """Of a container whose program could not be started."""
    return error.exit_code if isinstance(error, Failed) else NEVER_RAN
