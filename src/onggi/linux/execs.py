"""The further processes that clients have started in a container: each has an ID, which the state names while it runs,
its events, a file that says how it does (see exec_records.py), and a client that is told when it has started and how it
has ended, if it stays so long."""

from __future__ import annotations

import os

from onggi.container.home import EXEC_STATE, EXECS
from onggi.container.life import KILLED
from onggi.errors import Conflict, Failed, Unavailable
from onggi.linux import frames, report
from onggi.linux.exec import Exec
from onggi.linux.state_file import encode, publish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from onggi.linux.clients import Client, Clients
    from onggi.linux.events import Events
    from onggi.linux.loop import Loop
    from onggi.linux.round import Round
    from onggi.linux.state_file import StateFile

    Plan: TypeAlias = dict[str, Any]


class Execs:
    """Those of one container, whichever round it is in."""

    def __init__(self, loop: Loop, clients: Clients, events: Events, state: StateFile) -> None:
        self.loop = loop
        self.clients = clients
        self.events = events
        self.state = state
        self.ids: list[str] = []
        self._awaited: dict[Client, Exec] = {}
        self._running: dict[str, Exec] = {}

    def forget_all(self) -> None:
        """Those of an earlier start."""
        try:
            names = os.listdir(EXECS)
        except FileNotFoundError:
            return
        for name in names:
            _unlink(f"{EXECS}/{name}")

    def start(self, client: Client, plan: Plan, round: Round) -> None:
        """With the client's descriptors as its stdin, stdout and stderr, which are closed once it has them. Raises
        OSError; ValueError where some of them did not arrive; OnggiError, Conflict if it has been started before."""
        given = client.descriptors
        if any(descriptor >= self.clients.most_files for descriptor in given):
            raise Unavailable("the container's monitor can have no more files open", hint="raise the limit: ulimit -n")
        name = plan["options"]["id"]
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        told = _Told(self, client, name, " ".join(plan["argv"]))
        try:
            stdin, stdout, stderr = given[:3] or (null, null, null)
            _claim(name)
            try:
                process = Exec(
                    self.loop, plan, round.pidfd, round.group, (stdin, stdout, stderr), told.on_start, told.on_end
                )
            except BaseException:
                _unlink(_path(name))
                raise
        finally:
            os.close(null)
        process.outputs, client.descriptors = given[3:], []
        for descriptor in given[:3]:
            os.close(descriptor)
        self._awaited[client] = self._running[name] = process

    def begin(self, id: str) -> None:
        self.ids.append(id)
        self.state.say(execs=self.ids)
        say(id, pid=self._running[id].pid, running=True)

    def end(self, id: str, client: Client, code: int) -> None:
        process = self._running.pop(id)
        say(id, pid=process.pid, running=False, exit_code=code)
        self._awaited.pop(client, None)
        if id in self.ids:  # else the container has ended before it
            self.ids.remove(id)
            self.state.say(execs=self.ids)

    def resize(self, id: str, rows: int, columns: int) -> None:
        """Raises Conflict if it does not run."""
        if id not in self.ids:
            raise Conflict(f"exec process {id[:12]} does not run")
        self._running[id].resize(rows, columns)

    def leave(self, client: Client) -> None:
        """The client has gone. What it started goes on."""
        if process := self._awaited.pop(client, None):
            process.let_go()

    def tell_end(self) -> None:
        """To who waits for one: it has ended with the container."""
        for client in tuple(self._awaited):
            self.clients.tell(client, frames.EXIT, frames.NUMBER.pack(KILLED))


class _Told:
    """What is told of one of them."""

    def __init__(self, execs: Execs, client: Client, id: str, command: str) -> None:
        self.execs = execs
        self.client = client
        self.id = id
        self.command = command

    def on_start(self, master: int) -> None:
        self.execs.begin(self.id)
        self.execs.events.emit(f"exec_start: {self.command}", execID=self.id)
        self.execs.clients.answer(self.client, master)

    def on_end(self, code: int, failure: bytes) -> None:
        why = report.decode(failure) if failure else None
        self.execs.end(self.id, self.client, why.exit_code if isinstance(why, Failed) else code)
        if failure:
            self.execs.clients.tell(self.client, frames.ANSWER, failure)
        else:
            self.execs.events.emit("exec_die", execID=self.id, exitCode=str(code))
            self.execs.clients.tell(self.client, frames.EXIT, frames.NUMBER.pack(code))


def _path(id: str) -> str:
    return f"{EXECS}/{id}{EXEC_STATE}"


def _unlink(path: str) -> None:
    """Clients remove what nobody will ask for; see exec_records.py."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _claim(id: str) -> None:
    """That it is started is said first, and once. Raises Conflict."""
    try:
        os.close(os.open(_path(id), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
    except FileExistsError:
        raise Conflict(f"Error: Exec command {id} is already running") from None
    say(id, pid=0, running=True)


def say(id: str, **facts: Any) -> None:
    publish(_path(id), encode(facts).encode())
