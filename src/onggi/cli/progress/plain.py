"""Lines for logs and pipes: one per event, each telling the step it belongs to."""

from __future__ import annotations

from typing import TextIO

from onggi.cli.progress import words
from onggi.cli.progress.lines import Lines
from onggi.cli.progress.listing import Listing
from onggi.cli.table import harmless
from onggi.solve.events import (
    Built,
    Cancelled,
    Event,
    Exported,
    Exporting,
    Finished,
    Found,
    Kept,
    Planned,
    Pulled,
    Pulling,
    Started,
    StepFailed,
    Waiting,
    Wrote,
)
from onggi.solve.record import numbers

_AMOUNTS_EVERY = 10.0  # seconds between two lines about how much of an output went out


class Plain:
    """Steps are numbered in the order of the Dockerfile; what has no line there is told only where it fails:

    #3 build: RUN npm run build  (command changed)
    #3 | > tsc -p tsconfig.build.json
    #3 done in 6.1 s
    """

    def __init__(self, stream: TextIO, listing: Listing) -> None:
        self._stream = stream
        self._listing = listing
        self._numbers: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._places: dict[int, int] = {}
        self._started: set[int] = set()
        self._lines: dict[tuple[int, int], Lines] = {}
        self._told = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case Found():  # told together, at the end
                pass
            case Planned():
                self._plan(event)
            case Pulling():
                if event.host:
                    self._say(f"{words.pulling(event)} from {event.host} …")
            case Pulled():
                self._say(words.pulled(event))
            case Built():
                self._say(words.built(event))
            case Exporting():
                if not event.done or event.at - self._told >= _AMOUNTS_EVERY:
                    self._told = event.at
                    self._say(f"{words.exporting(event)} …")
            case Exported():
                self._say(words.exported(event))
            case StepFailed():
                self._end_output(event.vertex)
                self._fail(event)
                for line in self._listing.around(self._places[event.vertex]):
                    self._say(f"   {line}")
            case _ if not self._places[event.vertex]:
                pass
            case Wrote():
                lines = self._lines.setdefault((event.vertex, event.stream), Lines())
                for line in lines.feed(event.data):
                    self._say_output(event.vertex, line)
            case Waiting():
                self._tell(event.vertex, self._names[event.vertex], f"(waiting for {event.on})")
            case Started():
                self._started.add(event.vertex)
                self._tell(event.vertex, self._names[event.vertex], event.cause and f"({event.cause})")
            case Kept():
                self._tell(event.vertex, self._names[event.vertex], "kept", words.saved(event), event.detail)
            case Finished():
                self._end_output(event.vertex)
                self._tell(event.vertex, f"done in {words.seconds(event.seconds)}", event.detail)
            case Cancelled():
                self._end_output(event.vertex)
                self._tell(event.vertex, "cancelled")

    def close(self) -> None:
        """Nothing is left to say."""

    def _plan(self, event: Planned) -> None:
        self._numbers = dict(enumerate(numbers([line for _, _, line in event.vertices])))
        for vertex, (stage, (_, text, line)) in enumerate(zip(words.stages(event), event.vertices, strict=True)):
            self._names[vertex] = (f"{stage}: " if stage else "") + words.brief(text)
            self._places[vertex] = line

    def _fail(self, event: StepFailed) -> None:
        if event.vertex in self._started:
            self._tell(event.vertex, f"failed after {words.seconds(event.seconds)}", event.message)
        else:  # what it was to work on is missing
            self._tell(event.vertex, self._names[event.vertex])
            self._tell(event.vertex, "failed", event.message)

    def _end_output(self, vertex: int) -> None:
        for (owner, _), lines in self._lines.items():
            if owner == vertex:
                for line in lines.end():
                    self._say_output(vertex, line)

    def _say_output(self, vertex: int, line: str) -> None:
        self._say(f"#{self._numbers[vertex]} | {words.shown(line)}".rstrip())

    def _tell(self, vertex: int, *parts: str) -> None:
        self._say("  ".join((f"#{self._numbers[vertex]} {parts[0]}", *filter(None, parts[1:]))))

    def _say(self, line: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(harmless(line).encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()
