"""The picture of a pull or push on a terminal. It imports rich: it is imported for a terminal alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TextIO

from rich.console import Console
from rich.text import Text

from onggi.cli.progress.picture import Picture, console_on
from onggi.cli.progress.shipment import Course, Shipment, passed_over
from onggi.engine.registry.progress import Began, Ended, Event, PassedOver

_RESERVED = 3  # lines: the heading, all of it, and the cursor's own


class Live:
    """Implements Renderer. One picture for each image; when it is done all of its layers stay on the screen."""

    def __init__(
        self,
        stream: TextIO,
        course: Course,
        *,
        has_colour: bool = True,
        now: Callable[[], float] = time.monotonic,
        console: Console | None = None,
    ) -> None:
        self._console = console or console_on(stream, has_colour=has_colour)
        self._course = course
        self._now = now
        self._lock = threading.Lock()
        self._begin()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Began):
            self.close()
            self._begin()
            self._console.print(self._course.began(event), soft_wrap=True)
            return
        if isinstance(event, PassedOver):
            self._console.print(passed_over(event), soft_wrap=True)
            return
        with self._lock:
            self._shipment.update(event)
        if isinstance(event, Ended):
            self.close()
            for line in (*self._shipment.summary(), *self._course.ended(event)):
                self._console.print(line, soft_wrap=True)
        elif not self._picture.is_started:
            self._picture.start()

    def close(self) -> None:
        """Leave the layers on the screen."""
        self._is_final = True
        if self._picture.is_started:
            self._picture.stop()

    def _begin(self) -> None:
        self._shipment = Shipment(self._course, self._now)
        self._is_final = False
        self._picture = Picture(self._console, self._lines)

    def _lines(self) -> list[Text]:
        width = self._console.width - 1  # a letter in the last column makes some terminals wrap
        with self._lock:
            room = 1 << 16 if self._is_final else self._console.height - _RESERVED
            lines = list(self._shipment.lines(width, room))
            if not self._is_final and (total := self._shipment.total()):
                lines.append(total)
        return [_cut(line, width) for line in lines]


def _cut(line: str, width: int) -> Text:
    text = Text(line, no_wrap=True, overflow="crop")
    text.truncate(width, overflow="ellipsis")
    return text
