"""Truth as the flags and options of Docker and BuildKit have it: Go's words for it (strconv.ParseBool)."""

from __future__ import annotations

_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE", "t", "T", "1"), True),
    **dict.fromkeys(("false", "False", "FALSE", "f", "F", "0"), False),
}


def parse_bool(text: str) -> bool | None:
    """None for any other word."""
    return _WORDS.get(text)
