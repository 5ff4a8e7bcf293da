"""Names for containers that were given none: a mood, and something from a Korean kitchen, market or shore."""

from __future__ import annotations

import os
from pathlib import Path

_PLAIN_ATTEMPTS = 4


def pick(attempt: int = 0) -> str:
    """`merry_persimmon`; after some failed attempts with a number, so that a free name is always found."""
    words = Path(__file__).with_name("names.txt").read_text("utf-8")
    moods, things = (block.split() for block in words.split("\n\n"))
    name = f"{moods[_below(len(moods))]}_{things[_below(len(things))]}"
    return name if attempt < _PLAIN_ATTEMPTS else f"{name}{_below(10 ** (attempt - _PLAIN_ATTEMPTS + 1))}"


def _below(end: int) -> int:
    """A random number; importing `random` would cost each `run` more than everything else here."""
    return int.from_bytes(os.urandom(8)) % end
