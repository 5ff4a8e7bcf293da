"""The nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable

_FAR = 3


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option with the fewest edits from `word`, letters' case aside; None when even the best is no likely slip."""
    wanted = word.casefold()
    limit = min(_FAR, max(1, len(wanted) // 2) + 1)
    ranked = [
        (edits(wanted, option.casefold()), option) for option in options if abs(len(option) - len(wanted)) < limit
    ]
    distance, option = min(ranked, default=(limit, ""))
    return option if distance < limit else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """`; did you mean FROM?`, or nothing: to be put behind a message."""
    option = nearest(word, options)
    return f"; did you mean {option}?" if option is not None else ""


def edits(one: str, other: str) -> int:
    """How many letters to insert, delete, replace or swap with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
