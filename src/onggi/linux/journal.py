"""Write a container's log: what came, by lines, into files that have a limit. Part of every monitor."""

from __future__ import annotations

from _json import encode_basestring  # all of json that is needed: the package imports re

from onggi.linux.log.blocks import Blocks
from onggi.linux.log.file import LogFile
from onggi.linux.log.json_lines import JsonLines
from onggi.linux.log.lines import LONGEST_LINE, before_letter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onggi.linux.loop import Loop

quote = encode_basestring
LAYOUTS: dict[str, type[Blocks] | type[JsonLines]] = {"local": Blocks, "json-file": JsonLines}
"""Of the drivers that keep a log; `none` does not."""
INCOMPLETE = "the log is not complete"
"""The beginning of what a container's state says once something could not be logged."""


class Journal:
    """The log in the current folder, and the unfinished line of each stream: a line is logged when it is whole, or
    longer than 16 KiB."""

    def __init__(self, driver: str, options: dict[str, str], loop: Loop) -> None:
        self._log = LogFile(LAYOUTS[driver](options), options, loop) if driver in LAYOUTS else None
        self._rest: dict[str, bytes] = {}

    def write(self, stream: str, data: bytes) -> None:
        """Log what the container wrote. Raises OSError when the disk is full."""
        if self._log is None:
            return
        start = 0
        if rest := self._rest.pop(stream, b""):
            start = data.find(b"\n") + 1
            if start:
                line = rest + data[:start]
                self._log.append(stream, line, 0, len(line))
            else:
                data = rest + data
        end = max(data.rfind(b"\n") + 1, start)
        if len(data) - end >= LONGEST_LINE:
            end = before_letter(data, len(data) - (len(data) - end) % LONGEST_LINE)
        if end < len(data):
            self._rest[stream] = data[end:]
        self._log.append(stream, data, start, end)

    def rest(self, stream: str) -> bytes:
        """The line that is not whole yet; b"" where no log is kept."""
        return self._rest.get(stream, b"")

    def flush(self) -> None:
        """Log the unfinished lines: who wrote them has ended. Raises OSError when the disk is full."""
        unfinished, self._rest = self._rest, {}
        for stream, rest in unfinished.items():
            if self._log:
                self._log.append(stream, rest, 0, len(rest))

    def close(self) -> None:
        """Nothing more comes. Raises OSError when the disk is full."""
        try:
            self.flush()
        finally:
            if self._log:
                self._log.close()
