"""Chunks of bytes to lines of text."""

from __future__ import annotations

from collections.abc import Iterator

_LONGEST = 64 * 1024


class Lines:
    """Puts together what one stream of a step wrote."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that are complete now. One of unreasonable length is broken."""
        *complete, self._rest = (self._rest + data).split(b"\n")
        for line in complete:
            yield line.decode(errors="replace")
        if len(self._rest) > _LONGEST:
            yield from self.end()

    def end(self) -> Iterator[str]:
        """What is left, if anything, when the stream ends."""
        if self._rest:
            yield self._rest.decode(errors="replace")
        self._rest = b""

    @property
    def unfinished(self) -> str:
        """A line whose end has not come: a prompt, a progress bar."""
        return self._rest.decode(errors="replace")
