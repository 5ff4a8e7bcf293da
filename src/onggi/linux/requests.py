"""What clients may ask of a monitor: a function for each kind of frame."""

from __future__ import annotations

import marshal

from onggi.errors import Conflict, OnggiError
from onggi.linux import frames, report
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
    if payload:
        monitor.tell_log_end(client, has_rest=payload == frames.WITH_LOG)


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


def keep_stdin(monitor: Monitor, client: Client, payload: bytes) -> None:
    client.keeps_stdin = True


def take(monitor: Monitor, client: Client, payload: bytes) -> None:
    monitor.is_taken = True


def send_signal(monitor: Monitor, client: Client, payload: bytes) -> None:
    """After one that is meant to end it, it does not start again (moby, daemon/kill.go)."""
    (number,) = frames.NUMBER.unpack(payload)
    if number in (signal.SIGKILL, monitor.options["stop_signal"]):
        monitor.succession.stop()
        monitor.stop(number)
    else:
        require_round(monitor)
        monitor.signal(number)


def stop(monitor: Monitor, client: Client, payload: bytes) -> None:
    number, keeps = frames.TWO_NUMBERS.unpack(payload)
    monitor.succession.stop()
    monitor.is_taken |= bool(keeps)
    monitor.stop(number)


def pause(monitor: Monitor, client: Client, payload: bytes) -> None:
    monitor.freeze(client if payload == frames.WHILE_WE_ARE_HERE else None)


def unpause(monitor: Monitor, client: Client, payload: bytes) -> None:
    monitor.thaw()


def update(monitor: Monitor, client: Client, payload: bytes) -> None:
    changes = marshal.loads(payload)
    if "resources" in changes:
        if not monitor.due:
            monitor.group().apply(changes["resources"])
        monitor.plan["resources"] = changes["resources"]
    if "restart" in changes:
        monitor.succession.policy = changes["restart"]
    if "actor" in changes:
        monitor.events.attributes = changes["actor"]
    if "networks" in changes:
        require_here(monitor)
        monitor.change_networks(**changes["networks"])


def execute(monitor: Monitor, client: Client, payload: bytes) -> None:
    """It is answered when the program runs."""
    require_round(monitor)
    if monitor.state.status == "paused":
        raise Conflict("the container is paused", hint="unpause it first")
    monitor.execs.start(client, marshal.loads(payload), monitor.round)


def resize_exec(monitor: Monitor, client: Client, payload: bytes) -> None:
    monitor.execs.resize(*marshal.loads(payload))


def require_round(monitor: Monitor) -> None:
    if monitor.due:
        raise Conflict("the container is restarting")
    require_here(monitor)


def require_here(monitor: Monitor) -> None:
    if monitor.is_over:  # it was still there when the client came
        raise Conflict("the container has ended")


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
    frames.KEEP_STDIN: keep_stdin,
    frames.TAKEN: take,
    frames.SIGNAL: _answering(send_signal),
    frames.STOP: _answering(stop),
    frames.PAUSE: _answering(pause),
    frames.UNPAUSE: _answering(unpause),
    frames.UPDATE: _answering(update),
    frames.EXEC: _answering(execute, when_done=False),
    frames.RESIZE_EXEC: _answering(resize_exec),
}
