"""The live tree of a build on a terminal.

     deps   ● RUN npm ci --omit=dev                           kept  (saved 41.0 s)
     build  ● COPY . .                 412 files, 1.8 MB     0.2 s  ← files changed
            ◐ RUN npm run build                              6.1 s
              > tsc -p tsconfig.build.json

It imports rich, which costs 45 ms: it is imported for a terminal alone. Events change a Board; it is drawn ten times a
second, in as many lines as the screen has; the last picture is whole and stays.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, Group
from rich.text import Text

from onggi.cli.progress import words
from onggi.cli.progress.board import UNSETTLED, Board, Row, State, fit
from onggi.cli.progress.listing import Listing
from onggi.cli.progress.picture import Picture, console_on
from onggi.solve.events import Event, Pulled, Pulling

_TURNS_PER_SECOND = 4
_TURNING = "◐◓◑◒"
_MARKS = {
    State.WAITING: "○",
    State.RAN: "●",
    State.KEPT: "●",
    State.FAILED: "✗",
    State.STOPPED: "◌",
    State.SKIPPED: "○",
}
_STYLES = {State.RUNNING: "bold", State.RAN: "bold", State.KEPT: "dim", State.FAILED: "bold red"}
_WIDEST_STAGE = 14
_TIME_WIDTH = 8
_LEAST_TEXT = 16
_NARROW = 60
"""Columns below which there is no room for notes."""
_OUTPUT_LINES = 3
_LEAST_FAILURE_LINES = 10


class Tree:
    """Implements Renderer. `now` is in seconds since the epoch, as in events."""

    def __init__(
        self,
        stream: TextIO,
        listing: Listing,
        *,
        has_colour: bool = True,
        now: Callable[[], float] = time.time,
        console: Console | None = None,
    ) -> None:
        self._console = console or console_on(stream, has_colour=has_colour)
        self._listing = listing
        self._now = now
        self._board = Board()
        self._lock = threading.Lock()
        self._is_final = False
        self._live = Picture(self._console, self._picture)

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._board.update(event)
        if not self._live.is_started and not self._is_final:
            self._live.start()

    def close(self) -> None:
        """Leave the whole tree on the screen, and beneath it the summary or what failed."""
        self._is_final = True
        if not self._live.is_started:
            return
        self._live.stop()
        for row in self._board.in_state(State.FAILED):
            self._print_failure(row)
        for line in self._board.summary:
            self._console.print(line, style="bold")

    def _print_failure(self, row: Row) -> None:
        self._console.print()
        for line in self._listing.around(row.line):
            self._console.print(f"   {line}", style="bold red" if line.startswith(">") else "", soft_wrap=True)
        output = row.output()[-max(_LEAST_FAILURE_LINES, self._console.height // 2) :]
        for line in ("", *output, "") if output else ("",):
            self._console.print(f"   {line}".rstrip(), soft_wrap=True)

    def draw(self) -> Group:
        """The picture of this moment."""
        return Group(*self._picture())

    def _picture(self) -> list[Text]:
        with self._lock:
            pulls = [_Layout(self._console.width, self._board.rows).line(f" {line}") for line in self._pulls()]
            if self._is_final:
                return [*pulls, *self._lines(self._board.rows, 0)]
            # The status line, and the cursor's own.
            height = self._console.height - 2 - len(pulls)
            running = len(self._board.in_state(State.RUNNING))
            rows = fit(self._board.rows, height - min(running * _OUTPUT_LINES, height // 3))
            spare = (height - len(rows)) // running if running else 0
            return [*pulls, *self._lines(rows, min(spare, _OUTPUT_LINES)), self._status()]

    def _pulls(self) -> list[str]:
        """What came from registries, or comes."""
        return [
            words.pulled(each) if isinstance(each, Pulled) else words.pulling(each)
            for each in self._board.pulls.values()
        ]

    def _lines(self, rows: list[Row], outputs: int) -> list[Text]:
        lines: list[Text] = []
        layout = _Layout(self._console.width, self._board.rows)
        stage = None
        for row in rows:
            lines.append(layout.row(row, row.stage if row.stage != stage else "", self._now()))
            stage = row.stage
            if row.state is State.RUNNING and outputs:
                lines.extend(layout.output(line) for line in row.output()[-outputs:])
        return lines

    def _status(self) -> Text:
        board = self._board
        settled = len(board.rows) - len(board.in_state(*UNSETTLED))
        running = len(board.in_state(State.RUNNING))
        if board.writing:
            doing = board.writing
        elif any(isinstance(each, Pulling) for each in board.pulls.values()):
            doing = "pulling images"
        elif not settled and not running:
            doing = "reading the build context and the cache"
        else:
            doing = f"{settled} of {len(board.rows)} done" + (f", {running} running" if running else "")
        elapsed = words.seconds(max(self._now() - board.began, 0.0))
        return _Layout(self._console.width, board.rows).line(f" {doing}  {elapsed}")


class _Layout:
    """Columns for one width: stage, mark, instruction with its detail, time, note. The same for all rows of a build."""

    def __init__(self, width: int, rows: list[Row]) -> None:
        self._width = width - 1  # a letter in the last column makes some terminals wrap
        self._stage = min(max((cell_len(row.stage) for row in rows), default=0), _WIDEST_STAGE)
        self._note = width // 4 if width >= _NARROW else 0
        taken = self._indent + _TIME_WIDTH + (2 + self._note if self._note else 0)
        self._text = max(self._width - taken, _LEAST_TEXT)

    @property
    def _indent(self) -> int:
        """Columns before the instruction."""
        return 1 + (self._stage + 2 if self._stage else 0) + 2

    def row(self, row: Row, stage: str, now: float) -> Text:
        style = _STYLES.get(row.state, "")
        line = Text(" ", no_wrap=True, overflow="crop")
        if self._stage:
            line.append_text(_cell(stage, self._stage)).append("  ")
        line.append(self._mark(row, now), style).append(" ")
        detail = row.detail if cell_len(row.detail) + 2 <= self._text - _LEAST_TEXT else ""
        room = self._text - (cell_len(detail) + 2 if detail else 0)
        line.append_text(_cell(row.text, room, style))
        if detail:
            line.append("  ").append(detail, "dim" if row.state is State.KEPT else "")
        line.append(f"{self._time(row, now):>{_TIME_WIDTH}}", style)
        if row.note and self._note:
            line.append("  ").append(row.note, "" if style == "bold" else style)
        line.truncate(self._width, overflow="ellipsis")
        line.rstrip()
        return line

    def output(self, text: str) -> Text:
        return self.line(" " * self._indent + text)

    def line(self, text: str) -> Text:
        line = Text(text, no_wrap=True, overflow="crop")
        line.truncate(self._width, overflow="ellipsis")
        return line

    def _mark(self, row: Row, now: float) -> str:
        if row.state is not State.RUNNING:
            return _MARKS[row.state]
        return _TURNING[int(now * _TURNS_PER_SECOND) % len(_TURNING)]

    def _time(self, row: Row, now: float) -> str:
        match row.state:
            case State.RUNNING:
                return words.seconds(max(now - row.since, 0.0))
            case State.WAITING if row.note:
                return "waiting"
            case State.FAILED if not row.since:  # its sources were missing: it never started
                return ""
            case State.RAN | State.FAILED:
                return words.seconds(row.seconds)
            case State.KEPT | State.STOPPED:
                return str(row.state.value)
            case _:
                return ""


def _cell(text: str, width: int, style: str = "") -> Text:
    cell = Text(text, style)
    cell.truncate(width, overflow="ellipsis", pad=True)
    return cell
