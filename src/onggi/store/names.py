"""Names for containers that were given none: a mood, and something from a Korean kitchen, market or shore."""

from __future__ import annotations

import random

_PLAIN_ATTEMPTS = 4


def pick(attempt: int = 0) -> str:
    """`merry_persimmon`; after some failed attempts with a number, so that a free name is always found."""
    from importlib import resources  # late: few commands name a container

    words = resources.files("onggi.store").joinpath("names.txt").read_text("utf-8")
    moods, things = (block.split() for block in words.split("\n\n"))
    name = f"{random.choice(moods)}_{random.choice(things)}"
    return name if attempt < _PLAIN_ATTEMPTS else f"{name}{random.randrange(10 ** (attempt - _PLAIN_ATTEMPTS + 1))}"
