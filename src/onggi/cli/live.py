"""A text that is shown again and again: in place on a terminal, one after another elsewhere."""

from __future__ import annotations

from typing import TextIO

_HOME, _CLEAR, _CLEAR_LINE, _CLEAR_REST = "\033[H", "\033[2J", "\033[K", "\033[J"


class Screen:
    """`is_live`: there is more than one text."""

    def __init__(self, out: TextIO, *, is_live: bool) -> None:
        self._out = out
        self._in_place = is_live and out.isatty()
        self._is_new = True

    def show(self, text: str) -> None:
        """In one write, line over line, so that nothing flickers."""
        if self._in_place:
            lines = "".join(f"{line}{_CLEAR_LINE}\n" for line in text.splitlines())
            text = f"{_CLEAR if self._is_new else ''}{_HOME}{lines}{_CLEAR_REST}"
            self._is_new = False
        self._out.write(text)
        self._out.flush()
