"""The order of names in Docker's lists."""

from __future__ import annotations

import re


def naturally(name: str) -> list[tuple[int, str]]:
    """What to sort by, so that data2 comes before data10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name)]
