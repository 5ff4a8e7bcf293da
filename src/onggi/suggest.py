"""The nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option that `word` is most likely a slip of, letters' case aside; None when none is near."""
    from difflib import get_close_matches  # late: only mistakes need it

    by_folded = {option.casefold(): option for option in options}
    near = get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """`; did you mean FROM?`, or nothing: to be put behind a message."""
    option = nearest(word, options)
    return f"; did you mean {option}?" if option is not None else ""
