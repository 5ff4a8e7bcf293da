"""Strings between quotes, as Go writes them (strconv.Quote)."""

from __future__ import annotations

_QUOTED = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}


def go_quote(text: str) -> str:
    """As Go's strconv.Quote."""
    return '"' + "".join(_quote_letter(letter) for letter in text) + '"'


def _quote_letter(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    if letter in _QUOTED:
        return _QUOTED[letter]
    code = ord(letter)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
