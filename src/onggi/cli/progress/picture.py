"""Lines that are drawn again and again in one place of a terminal; the last picture stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TextIO

from rich.console import Console, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

_FRAMES_PER_SECOND = 10


def console_on(stream: TextIO, *, has_colour: bool) -> Console:
    """A terminal that shows texts as they are."""
    return Console(
        file=stream, force_terminal=True, no_color=not has_colour, highlight=False, markup=False, emoji=False
    )


class Picture:
    """A thread draws it, from `start` to `stop`; `lines` are those of the moment in which it is called."""

    def __init__(self, console: Console, lines: Callable[[], Sequence[Text]]) -> None:
        self._console = console
        self._lines = lines
        self._widths: list[int] = []  # of the lines of the last picture
        self._live = Live(
            console=console,
            get_renderable=self._redraw,
            refresh_per_second=_FRAMES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )

    @property
    def is_started(self) -> bool:
        return self._live.is_started

    def start(self) -> None:
        self._live.start()

    def refresh(self) -> None:
        """Draw it now."""
        self._live.refresh()

    def stop(self) -> None:
        self._live.stop()

    def _redraw(self) -> Group:
        """What takes the place of the last picture. A terminal that became narrower has broken its lines in two: so
        many rows more than there were lines are above the cursor."""
        width = self._console.width
        added = sum((cells - 1) // width for cells in self._widths if cells)
        if added:
            erase_and_go_up = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
            self._console.control(Control(*erase_and_go_up * added))
        lines = self._lines()
        self._widths = [line.cell_len for line in lines]
        return Group(*lines)
