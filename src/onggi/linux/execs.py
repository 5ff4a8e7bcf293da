"""The further processes that clients have started in a container: each has an ID, which the state names while it runs,
its events, and a client that is told when it has started and how it has ended, if it stays so long."""

from __future__ import annotations

import os

from onggi.container.life import KILLED
from onggi.linux import frames
from onggi.linux.exec import Exec

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

    def start(self, client: Client, plan: Plan, round: Round) -> None:
        """With the client's descriptors as its stdin, stdout and stderr, which are closed here. Raises OnggiError."""
        given, client.descriptors = client.descriptors, []
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        stdin, stdout, stderr = given or (null, null, null)
        told = _Told(self, client, " ".join(plan["argv"]))
        try:
            self._awaited[client] = Exec(
                self.loop, plan, round.pidfd, round.group, (stdin, stdout, stderr), told.on_start, told.on_end
            )
        finally:
            for descriptor in (null, *given):
                os.close(descriptor)

    def begin(self, id: str) -> None:
        self.ids.append(id)
        self.state.say(execs=self.ids)

    def end(self, id: str, client: Client) -> None:
        self._awaited.pop(client, None)
        if id in self.ids:  # else the container has ended before it
            self.ids.remove(id)
            self.state.say(execs=self.ids)

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

    def __init__(self, execs: Execs, client: Client, command: str) -> None:
        self.execs = execs
        self.client = client
        self.command = command
        self.id = os.urandom(32).hex()
        self.execs.events.emit(f"exec_create: {command}", execID=self.id)

    def on_start(self, master: int) -> None:
        self.execs.begin(self.id)
        self.execs.events.emit(f"exec_start: {self.command}", execID=self.id)
        self.execs.clients.answer(self.client, master)

    def on_end(self, code: int, failure: bytes) -> None:
        self.execs.end(self.id, self.client)
        if failure:
            self.execs.clients.tell(self.client, frames.ANSWER, failure)
        else:
            self.execs.events.emit("exec_die", execID=self.id, exitCode=str(code))
            self.execs.clients.tell(self.client, frames.EXIT, frames.NUMBER.pack(code))
