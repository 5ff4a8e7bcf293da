"""What a person sees of a pull or a push: one stream of events, drawn live on a terminal, as lines elsewhere, or told
to programs as JSON.

    12: Pulling from library/debian
    a1b2c3d4e5f6: Already exists
    b2c3d4e5f6a1: Downloading [=========>            ] 12MB/30MB
    c3d4e5f6a1b2: Waiting
    12MB of 72MB, 9.1MB/s, 6.6 s left
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO

import msgspec

from onggi.cli.progress import Style, can_draw
from onggi.cli.progress.shipment import PULL, PUSH, Course, Shipment, passed_over
from onggi.engine.registry.progress import Began, Ended, Event, Moved, PassedOver

__all__ = ["PULL", "PUSH", "Lines", "Renderer", "renderer"]

_TOTALS_EVERY = 10.0  # seconds between two lines about all of it, where nothing is drawn over


class Renderer(Protocol):
    """Called with each event, by one thread at a time; `close` once at the end, however the transfer ended."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


def renderer(style: Style, stream: TextIO, course: Course, environ: Mapping[str, str]) -> Renderer:
    """`auto` is the live picture where `stream` is a terminal that can move its cursor, plain lines elsewhere; so is
    `tty`, since a picture needs one."""
    if style == "json":
        from onggi.cli.progress.json_lines import JsonLines

        return JsonLines(stream, document)
    if style == "plain" or not can_draw(stream, environ):
        return Lines(stream, course)
    from onggi.cli.progress.transfer_live import Live

    return Live(stream, course, has_colour=not environ.get("NO_COLOR"))


class Lines:
    """A line when a layer has come to its end, and now and then one about all of them."""

    def __init__(self, stream: TextIO, course: Course, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._course = course
        self._now = now
        self._shipment = Shipment(course, now)
        self._told = now()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Began):
            self._shipment = Shipment(self._course, self._now)
            self._told = self._now()
        self._shipment.update(event)
        match event:
            case Began():
                self._say(self._course.began(event))
            case Moved(state="moving" | "waiting"):
                if self._now() - self._told >= _TOTALS_EVERY:
                    self._told = self._now()
                    self._say(self._shipment.total())
            case Moved():
                self._say(self._shipment.line(event.digest))
            case Ended():
                for line in (*self._shipment.summary(), *self._course.ended(event)):
                    self._say(line)
            case PassedOver():
                self._say(passed_over(event))

    def close(self) -> None:
        """Nothing is left to say."""

    def _say(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


def document(event: Event) -> dict[str, Any]:
    """What JSON has of an event."""
    found: dict[str, Any] = msgspec.to_builtins(event)
    if isinstance(event, Began | Ended):
        found["reference"] = str(event.reference)
    return found
