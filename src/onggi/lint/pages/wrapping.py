"""Lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from onggi.characters import width


def wrapped(words: Sequence[str], columns: int | None, begin: int = 0, hang: str = "") -> list[str]:
    """The words in lines of at most `columns`; the first begins at column `begin`, the others with `hang`. Korean
    letters take two. None: one line, however long."""
    if columns is None:
        return [" ".join(words)]
    lines = [words[0]]
    used = begin + width(words[0])
    for word in words[1:]:
        used += 1 + width(word)
        if used > columns:
            lines.append(hang + word)
            used = len(hang) + width(word)
        else:
            lines[-1] += f" {word}"
    return lines
