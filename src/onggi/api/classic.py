"""A build's events as the classic builder told them: lines of JSON, and text in them that clients read.

    {"stream": "Step 2/3 : RUN make"} … {"stream": "Successfully built 0123456789ab\\n"}

Steps that run side by side are told one after the other: what the later ones write waits in a file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from onggi.oci import digest
from onggi.solve.events import (
    Built,
    Cancelled,
    Event,
    Finished,
    Kept,
    Planned,
    Pulled,
    Pulling,
    Started,
    StepFailed,
    Wrote,
)
from onggi.solve.record import numbers

Tell = Callable[[dict[str, Any]], object]
_IN_MEMORY = 1 << 20
_PIECE = 1 << 16
_ENDS = (Finished, Kept, StepFailed, Cancelled)


class Classic:
    """`tell` gets each line's document. is_quiet: only the image's ID is told, and what goes wrong."""

    def __init__(self, tell: Tell, *, is_quiet: bool) -> None:
        self._tell = tell
        self._is_quiet = is_quiet
        self._steps: dict[int, str] = {}
        self._current: int | None = None
        self._waiting: dict[int, list[Event]] = {}
        self._files: dict[int, IO[bytes]] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case Planned():
                self._plan(event)
            case Pulling():
                if event.host:
                    self._say(f"Pulling {event.reference} from {event.host}\n")
            case Pulled():
                self._say(f"{event.reference}: {'Downloaded newer image' if event.is_new else 'Image is up to date'}\n")
            case Built():
                self._end(event)
            case Started() | Wrote() | Kept() | Finished() | StepFailed() | Cancelled():
                if event.vertex in self._steps:
                    self._step(event)
            case _:
                pass

    def _plan(self, event: Planned) -> None:
        lines = [line for _, _, line in event.vertices]
        places = numbers(lines)
        total = len({place for place, line in zip(places, lines, strict=True) if line})
        for vertex, (_, text, line) in enumerate(event.vertices):
            if line:
                self._steps[vertex] = f"Step {places[vertex]}/{total} : {text}"

    def _step(self, event: Started | Wrote | Kept | Finished | StepFailed | Cancelled) -> None:
        """Now, or when the one that is being told has ended."""
        if self._current is None and not isinstance(event, Wrote):
            self._current = event.vertex
        if event.vertex != self._current:
            self._keep(event)
            return
        self._show(event)
        if isinstance(event, _ENDS):
            self._go_on()

    def _keep(self, event: Started | Wrote | Kept | Finished | StepFailed | Cancelled) -> None:
        if isinstance(event, Wrote):
            if event.vertex not in self._files:
                self._files[event.vertex] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
            file = self._files[event.vertex]
            file.write(event.data)
        else:
            self._waiting.setdefault(event.vertex, []).append(event)

    def _go_on(self) -> None:
        """With those that have waited, until one has not ended yet."""
        while self._waiting:
            self._current = next(iter(self._waiting))
            events = self._waiting.pop(self._current)
            self._show(events[0])
            for piece in self._kept(self._current):
                self._say(piece)
            for event in events[1:]:
                self._show(event)
            if not isinstance(events[-1], _ENDS):
                return
        self._current = None

    def _kept(self, vertex: int) -> Iterator[str]:
        file = self._files.pop(vertex, None)
        if file is None:
            return
        with file:
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece.decode(errors="replace")

    def _show(self, event: Event) -> None:
        match event:
            case Started():
                self._say(f"{self._steps[event.vertex]}\n")
                self._say(" ---> Running\n")
            case Wrote():
                self._say(event.data.decode(errors="replace"))
            case Kept():
                self._say(f"{self._steps[event.vertex]}\n")
                self._say(" ---> Using cache\n")
            case Finished() | StepFailed() | Cancelled():
                pass

    def _say(self, text: str) -> None:
        if not self._is_quiet:
            self._tell({"stream": text})

    def _end(self, event: Built) -> None:
        if self._is_quiet:
            self._tell({"stream": f"{event.image_id}\n"})
            return
        self._tell({"aux": {"ID": event.image_id}})
        self._say(f"Successfully built {digest.short(event.image_id)}\n")
        for reference in event.references:
            self._say(f"Successfully tagged {reference}\n")
