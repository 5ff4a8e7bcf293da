"""The nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable
from os.path import commonprefix

from onggi.characters import plain

_LENGTHS = (3, 7)  # letters that a word has at least for the first slip, and for the second, to leave it recognizable


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option that `word` is most likely a slip of, whatever letters' case and typography: one slip away, or two
    where words are long. None when none is that near. Cheap for thousands of options."""
    by_folded = {option.casefold(): option for option in options}
    # "--" or "CAP_" before all of them says nothing about what was meant.
    shared = commonprefix(list(by_folded)).rstrip("abcdefghijklmnopqrstuvwxyz")  # noqa: RUF071 — of letters, not of folders
    asked = plain(word).casefold()
    pairs = [(asked.removeprefix(shared), len(shared))]
    if not asked.startswith(shared):  # it was left out, or the slip is in it
        pairs.append((asked, 0))
    near = []
    for folded, option in by_folded.items():
        for wanted, cut in pairs:
            other = folded[cut:]
            allowed = _allowed(wanted, other)
            slips = _slips(wanted, other, allowed)
            if slips <= allowed:
                near.append((slips, abs(len(wanted) - len(other)), folded, option))
    return min(near)[-1] if near else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """`; did you mean FROM?`, or nothing: to be put behind a message."""
    return meant(nearest(word, options))


def meant(option: str | None) -> str:
    """The same for an option that is known."""
    return f"; did you mean {option}?" if option is not None else ""


def _allowed(word: str, option: str) -> int:
    longer = max(len(word), len(option))
    return sum(longer >= length for length in _LENGTHS)


def _slips(word: str, option: str, most: int) -> int:
    """How many letters were left out, put in, exchanged, or swapped with their neighbour (optimal string alignment).
    More than `most` are not counted: only the diagonal that so many can reach is looked at."""
    if abs(len(word) - len(option)) > most:
        return most + 1
    width = len(option)
    beyond = most + 1
    before: list[int] = []
    row = [min(column, beyond) for column in range(width + 1)]
    for at, letter in enumerate(word, 1):
        before, above, row = row, before, [beyond] * (width + 1)
        if at <= most:
            row[0] = at
        for column in range(max(1, at - most), min(width, at + most) + 1):
            other = option[column - 1]
            slips = min(before[column] + 1, row[column - 1] + 1, before[column - 1] + (letter != other))
            if at > 1 and column > 1 and (letter, word[at - 2]) == (option[column - 2], other):
                slips = min(slips, above[column - 2] + 1)
            row[column] = min(slips, beyond)
        if min(row) > most and min(before) > most:
            break
    return row[width]
