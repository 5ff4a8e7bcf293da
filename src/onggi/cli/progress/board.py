"""The state of a build as the live tree shows it: events in, rows out. Knows nothing of terminals."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from onggi.cli.progress import words
from onggi.cli.progress.lines import Lines
from onggi.cli.table import printable
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

_REMEMBERED = 20
"""Lines of a step's output that can be shown."""


class State(Enum):
    """Of a row. SKIPPED was waiting and STOPPED running when the build ended early."""

    WAITING = "waiting"
    RUNNING = "running"
    RAN = "ran"
    KEPT = "kept"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"


UNSETTLED = frozenset({State.WAITING, State.RUNNING})


class Row:
    """One instruction. `since` is when it started, `until` when it was settled (seconds since the epoch)."""

    def __init__(self, stage: str, text: str, line: int) -> None:
        self.stage = stage
        self.text = text
        self.line = line
        self.state = State.WAITING
        self.since = 0.0
        self.until = 0.0
        self.seconds = 0.0
        self.detail = ""
        self.note = ""
        self._output: deque[str] = deque(maxlen=_REMEMBERED)
        self._streams: dict[int, Lines] = {}

    def write(self, stream: int, data: bytes) -> None:
        lines = self._streams.setdefault(stream, Lines())
        self._output.extend(lines.feed(data))

    def output(self) -> list[str]:
        """The last lines it wrote, the empty ones left out; a line that has not ended yet is among them."""
        unfinished = (lines.unfinished for lines in self._streams.values())
        return [line for line in map(words.shown, (*self._output, *unfinished)) if line]


class Board:
    """Rows in the order of the Dockerfile, those of a stage together. What has no line there is not shown. `pulls` are
    the images that come, or came, from registries; `writing` is the output that is being written, `summary` what to say
    at the end."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.began = 0.0
        self.pulls: dict[str, Pulling | Pulled] = {}
        self.writing = ""
        self.summary: list[str] = []
        self._by_vertex: dict[int, Row] = {}

    def update(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._plan(event)
        elif isinstance(event, Pulling):
            self.began = self.began or event.at
            self.pulls[event.reference] = event
        elif isinstance(event, Pulled):
            self.pulls[event.reference] = event
        elif isinstance(event, Built):
            self.summary.append(words.built(event))
        elif isinstance(event, Exporting):
            self.writing = words.exporting(event)
        elif isinstance(event, Exported):
            self.summary.append(words.exported(event))
        elif not isinstance(event, Found):  # these are told together, at the end
            row = self._by_vertex[event.vertex]
            _UPDATES[type(event)](row, event)
            if row.state not in UNSETTLED:
                row.until = event.at

    def in_state(self, *states: State) -> list[Row]:
        return [row for row in self.rows if row.state in states]

    def _plan(self, event: Planned) -> None:
        self.began = self.began or event.at
        self._by_vertex = {
            vertex: Row(stage, words.brief(text), line)
            for vertex, (stage, (_, text, line)) in enumerate(zip(words.stages(event), event.vertices, strict=True))
        }
        shown = [row for row in self._by_vertex.values() if row.line]
        stages = list(dict.fromkeys(row.stage for row in shown))
        self.rows = sorted(shown, key=lambda row: stages.index(row.stage))


def _wait(row: Row, event: Waiting) -> None:
    row.note = f"for {event.on}"


def _start(row: Row, event: Started) -> None:
    row.state, row.since = State.RUNNING, event.at
    row.note = event.cause and f"← {printable(event.cause)}"  # it may name a file


def _write(row: Row, event: Wrote) -> None:
    row.write(event.stream, event.data)


def _keep(row: Row, event: Kept) -> None:
    saved = words.saved(event)
    row.state, row.detail, row.note = State.KEPT, event.detail, saved and f"({saved})"


def _finish(row: Row, event: Finished) -> None:
    row.state, row.seconds, row.detail = State.RAN, event.seconds, event.detail


def _fail(row: Row, event: StepFailed) -> None:
    row.state, row.seconds, row.note = State.FAILED, event.seconds, words.failed(event)


def _cancel(row: Row, event: Cancelled) -> None:
    if row.state is State.RUNNING:
        row.state = State.STOPPED
    else:
        row.state, row.note = State.SKIPPED, ""


_UPDATES: dict[type[Event], Callable[[Row, Any], None]] = {
    Waiting: _wait,
    Started: _start,
    Wrote: _write,
    Kept: _keep,
    Finished: _finish,
    StepFailed: _fail,
    Cancelled: _cancel,
}


def fit(rows: list[Row], height: int) -> list[Row]:
    """The rows that tell most, in their order, where a screen has room for `height`: first what runs or failed, then
    what comes next and what ended last, by turns."""
    if len(rows) <= height:
        return rows
    chosen: set[int] = set()
    for index in _by_interest(rows):
        if len(chosen) == height:
            break
        chosen.add(index)
    return [row for index, row in enumerate(rows) if index in chosen]


def _by_interest(rows: list[Row]) -> Iterator[int]:
    indexes = range(len(rows))
    yield from (index for index in indexes if rows[index].state in (State.RUNNING, State.FAILED))
    coming = [index for index in indexes if rows[index].state is State.WAITING]
    ended = [index for index in indexes if rows[index].state not in (State.RUNNING, State.FAILED, State.WAITING)]
    ended.sort(key=lambda index: rows[index].until, reverse=True)
    for turn in range(max(len(coming), len(ended))):
        yield from coming[turn : turn + 1]
        yield from ended[turn : turn + 1]
