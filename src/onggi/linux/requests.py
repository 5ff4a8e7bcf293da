"""What clients may ask of a monitor: a function for each kind of frame."""

from __future__ import annotations

import marshal
import os

from onggi.errors import Conflict, OnggiError
from onggi.linux import frames, report
from onggi.linux.exec import Exec
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from onggi.linux.clients import Client
    from onggi.linux.monitor import Monitor

    Request: TypeAlias = Callable[[Monitor, Client, bytes], None]


def attach(monitor: Monitor, client: Client, payload: bytes) -> None:
    client.is_attached = True
    monitor.events.emit("attach")


def write(monitor: Monitor, client: Client, payload: bytes) -> None:
    monitor.round.stdio.write(payload)


def close_stdin(monitor: Monitor, client: Client, payload: bytes) -> None:
    """A stdin that stays open is there for the next client."""
    if monitor.options["stdin_once"]:
        monitor.round.stdio.close_input()


def resize(monitor: Monitor, client: Client, payload: bytes) -> None:
    rows, columns = frames.SIZE.unpack(payload)
    monitor.round.stdio.resize(rows, columns)
    monitor.events.emit("resize", height=str(rows), width=str(columns))


def detach(monitor: Monitor, client: Client, payload: bytes) -> None:
    client.keeps_stdin = True
    monitor.events.emit("detach")


def take(monitor: Monitor, client: Client, payload: bytes) -> None:
    monitor.is_taken = True


def send_signal(monitor: Monitor, client: Client, payload: bytes) -> None:
    """After one that is meant to end it, it does not start again (moby, daemon/kill.go)."""
    (number,) = frames.NUMBER.unpack(payload)
    if number in (signal.SIGKILL, monitor.options["stop_signal"]):
        monitor.begin_no_more()
        monitor.stop(number)
    else:
        require_running(monitor, or_paused=True)
        monitor.signal(number)


def stop(monitor: Monitor, client: Client, payload: bytes) -> None:
    number, keeps = frames.TWO_NUMBERS.unpack(payload)
    monitor.begin_no_more()
    monitor.is_taken |= bool(keeps)
    monitor.stop(number)


def pause(monitor: Monitor, client: Client, payload: bytes) -> None:
    require_running(monitor, or_paused=True)
    if monitor.is_paused:
        raise Conflict("the container is already paused")
    monitor.freeze()


def unpause(monitor: Monitor, client: Client, payload: bytes) -> None:
    if not monitor.is_paused:
        raise Conflict("the container is not paused")
    monitor.thaw()


def update(monitor: Monitor, client: Client, payload: bytes) -> None:
    changes = marshal.loads(payload)
    if "resources" in changes:
        if not monitor.due:
            monitor.group().apply(changes["resources"])
        monitor.plan["resources"] = changes["resources"]
    if "restart" in changes:
        monitor.options["restart"] = changes["restart"]
    if "actor" in changes:
        monitor.events.attributes = changes["actor"]


def execute(monitor: Monitor, client: Client, payload: bytes) -> None:
    """It is answered when the program runs."""
    require_running(monitor)
    plan = marshal.loads(payload)
    command, exec_id = " ".join(plan["argv"]), os.urandom(32).hex()
    monitor.events.emit(f"exec_create: {command}", execID=exec_id)
    given, client.descriptors = client.descriptors, []
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)

    def on_start(master: int) -> None:
        monitor.exec_ids.append(exec_id)
        monitor.publish(execs=monitor.exec_ids)
        monitor.events.emit(f"exec_start: {command}", execID=exec_id)
        monitor.clients.answer(client, master)

    def on_end(code: int, failure: bytes) -> None:
        monitor.execs.pop(client, None)
        if exec_id in monitor.exec_ids:  # else the container has ended, and its state is another's to write
            monitor.exec_ids.remove(exec_id)
            monitor.publish(execs=monitor.exec_ids)
        if failure:
            monitor.clients.tell(client, frames.ANSWER, failure)
        else:
            monitor.events.emit("exec_die", execID=exec_id, exitCode=str(code))
            monitor.clients.tell(client, frames.EXIT, frames.NUMBER.pack(code))

    stdin, stdout, stderr = given or (null, null, null)
    try:
        monitor.execs[client] = Exec(
            monitor.loop, plan, monitor.round.pidfd, monitor.round.group, (stdin, stdout, stderr), on_start, on_end
        )
    finally:
        for descriptor in (null, *given):
            os.close(descriptor)


def require_running(monitor: Monitor, or_paused: bool = False) -> None:
    if monitor.due:
        raise Conflict("the container is restarting")
    if monitor.is_paused and not or_paused:
        raise Conflict("the container is paused", hint="unpause it first")


def _answering(handle: Request, *, when_done: bool = True) -> Request:
    """The client waits to hear why it could not be done; and `when_done`, that it is."""

    def request(monitor: Monitor, client: Client, payload: bytes) -> None:
        try:
            handle(monitor, client, payload)
        except OnggiError as error:
            monitor.clients.tell(client, frames.ANSWER, report.encode(error))
        except OSError as error:
            monitor.clients.tell(client, frames.ANSWER, report.encode(report.explain("tell the container", error)))
        else:
            if when_done:
                monitor.clients.tell(client, frames.ANSWER)

    return request


REQUESTS: dict[int, Request] = {
    frames.ATTACH: attach,
    frames.STDIN: write,
    frames.CLOSE_STDIN: close_stdin,
    frames.RESIZE: resize,
    frames.DETACH: detach,
    frames.TAKEN: take,
    frames.SIGNAL: _answering(send_signal),
    frames.STOP: _answering(stop),
    frames.PAUSE: _answering(pause),
    frames.UNPAUSE: _answering(unpause),
    frames.UPDATE: _answering(update),
    frames.EXEC: _answering(execute, when_done=False),
}
