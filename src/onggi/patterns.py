"""Regular expressions that somebody else has written: filters of names, options of logs.

Python's `re` tries one way after the other. Ten characters are enough for it to take hours, in which it keeps the
interpreter's lock, and so holds up all of a server. RE2 looks at each character of the text once, whatever the pattern,
and gives up the lock meanwhile. Its syntax is Go's: a pattern means what it means to Docker.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from onggi.errors import Invalid

_MOST_MEMORY = 1 << 20
"""Bytes that a pattern may take up, all that RE2 remembers of texts included. Enough for a{1000}, Go's longest."""


def found(pattern: str, text: str) -> bool:
    """Whether the pattern is somewhere in the text. Raises Invalid for what is no regular expression of RE2's
    (https://github.com/google/re2/wiki/Syntax)."""
    return _compiled(pattern).search(text.encode("utf-8", "surrogateescape")) is not None


def require_valid(pattern: str) -> None:
    """Raises Invalid as `found` does, in the words of Go's regexp."""
    _compiled(pattern)


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> Any:
    import re2  # only who looks for a pattern pays for it

    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern.encode("utf-8", "surrogateescape"), options)
    except re2.error as error:
        raise Invalid(f"error parsing regexp: {error.args[0].decode(errors='replace')}") from error
