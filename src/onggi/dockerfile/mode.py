"""Permission bits of --chmod: octal digits or the symbolic modes of chmod(1), with a umask of 0."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from onggi.errors import Invalid

Mode: TypeAlias = Callable[[int, bool], int]
"""The bits that something had, and whether it is a folder → the bits it gets."""

_OCTAL = r"0*[0-7]{1,4}"
_CLAUSE = r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)"
_ACTION = r"([-+=])([ugo]|[rwxXst]*)"
_ALL = 0o7777
_SET_ID = 0o6000
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_AFFECTED = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": _ALL}
_BITS = {"r": 0o444, "w": 0o222, "x": 0o111, "s": _SET_ID, "t": 0o1000}
_EXECUTE = _BITS["x"]


@lru_cache(maxsize=256)
def parse(text: str) -> Mode:
    """Raises Invalid for what is neither octal nor symbolic."""
    if re.fullmatch(_OCTAL, text):
        bits = int(text, 8)
        return lambda old, is_folder: bits
    clauses = [re.fullmatch(_CLAUSE, clause) for clause in text.split(",")]
    found = [(clause[1], re.findall(_ACTION, clause[2])) for clause in clauses if clause]
    if len(found) != len(clauses):
        raise Invalid(f"{text!r} is not a mode", hint="write for example 755, u=rwX,go=rX or +x")

    def change(old: int, is_folder: bool) -> int:
        bits = old
        for who, actions in found:
            for operator, what in actions:
                bits = _act(bits, who, operator, what, is_folder)
        return bits

    return change


def _act(bits: int, who: str, operator: str, what: str, is_folder: bool) -> int:
    affected = 0
    for letter in who or "a":
        affected |= _AFFECTED[letter]
    named = _named(bits, what, is_folder) & affected
    if operator == "+":
        return bits | named
    if operator == "-":
        return bits & ~named
    # chmod(1): a folder keeps its set-ID bits unless they are named.
    kept = _SET_ID & ~named if is_folder else 0
    return bits & (kept | ~affected) | named


def _named(bits: int, what: str, is_folder: bool) -> int:
    """The bits for all classes: those of the letters, or those that one class has."""
    if what in _SHIFTS:
        return (bits >> _SHIFTS[what] & 0o7) * 0o111
    found = 0
    for letter in what:
        if letter != "X":
            found |= _BITS[letter]
        elif is_folder or bits & _EXECUTE:
            found |= _EXECUTE
    return found
