"""What a log gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, Protocol, TypeAlias

import msgspec

Stream: TypeAlias = Literal["stdout", "stderr"]
Tell: TypeAlias = Callable[[str], object]
"""Takes a sentence about what is missing or damaged."""


class Record(msgspec.Struct, frozen=True):
    """Whole lines that a container wrote and that came at one moment, or a piece of one longer than 16 KiB, or a last
    one without a newline. `time` is in nanoseconds since the epoch. Joined ones are of one stream, and the time is that
    of the first."""

    log: bytes
    stream: Stream
    time: int


class Reader(Protocol):
    """One file of a log, from its beginning on or from where it is set to. Joining records is quick, and for who does
    not ask for times."""

    def since(self, time: int) -> None:
        """Leave out what is earlier, as far as that is quickly done."""

    def tail(self, count: int) -> int:
        """Go to the last `count` lines; returns how many there are."""

    def read(self) -> Iterator[Record]:
        """All that is there now; called again, what has come."""

    def start(self) -> bytes:
        """What tells the file from the others of its log; nothing if it is empty."""

    def follows(self, earlier: Reader) -> bool:
        """Whether it is known to go on where `earlier` ends."""
