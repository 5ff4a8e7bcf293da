"""The nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable
from os.path import commonprefix

_LENGTHS = (3, 7)  # letters that a word has at least for the first slip, and for the second, to leave it recognizable


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option that `word` is most likely a slip of, letters' case aside: one slip away, or two where words are long.
    None when none is that near."""
    by_folded = {option.casefold(): option for option in options}
    # "--" or "CAP_" before all of them says nothing about what was meant.
    shared = commonprefix(list(by_folded)).rstrip("abcdefghijklmnopqrstuvwxyz")  # noqa: RUF071 — of letters, not of folders
    wanted = word.casefold().removeprefix(shared)
    near = []
    for folded, option in by_folded.items():
        other = folded.removeprefix(shared)
        slips = _slips(wanted, other)
        if slips <= _allowed(wanted, other):
            near.append((slips, abs(len(wanted) - len(other)), folded, option))
    return min(near)[-1] if near else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """`; did you mean FROM?`, or nothing: to be put behind a message."""
    option = nearest(word, options)
    return f"; did you mean {option}?" if option is not None else ""


def _allowed(word: str, option: str) -> int:
    longer = max(len(word), len(option))
    return sum(longer >= length for length in _LENGTHS)


def _slips(word: str, option: str) -> int:
    """How many letters were left out, put in, exchanged, or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(option) + 1))
    for at, letter in enumerate(word, 1):
        before, above, row = row, before, [at]
        for column, other in enumerate(option, 1):
            slips = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != other))
            if at > 1 and column > 1 and (letter, word[at - 2]) == (option[column - 2], other):
                slips = min(slips, above[column - 2] + 1)
            row.append(slips)
    return row[-1]
