"""The name that somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from onggi.suggest import nearest

_MOST = 64
_MOST_LETTERS = 2


def near(name: str, names: Iterable[str]) -> str | None:
    """One of `names` that is nearly the same and not much longer or shorter. Only the first ones are looked at: where
    there are so many, a suggestion is not worth its time."""
    alike = (option for option in names if abs(len(option) - len(name)) <= _MOST_LETTERS)
    return nearest(name, islice(alike, _MOST))
