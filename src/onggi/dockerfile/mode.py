"""Permission bits of --chmod: octal digits or the symbolic modes of chmod(1), with a umask of 0."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from onggi.errors import Invalid

Mode: TypeAlias = Callable[[int, bool], int]
"""The bits that something had, and whether it is a folder → the bits it gets."""

_OCTAL = re.compile(r"0*[0-7]{1,4}")
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)")
_ACTION = re.compile(r"([-+=])([ugo]|[rwxXst]*)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}
_SET_ID = {"u": 0o4000, "g": 0o2000, "o": 0}
_STICKY = 0o1000


@lru_cache(maxsize=256)
def parse(text: str) -> Mode:
    """Raises Invalid for what is neither octal nor symbolic."""
    if _OCTAL.fullmatch(text):
        bits = int(text, 8)
        return lambda old, is_folder: bits
    clauses = [_CLAUSE.fullmatch(clause) for clause in text.split(",")]
    found = [(clause[1], _ACTION.findall(clause[2])) for clause in clauses if clause]
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
    everyone = not who or "a" in who
    classes = "ugo" if everyone else who
    wanted = 0
    cleared = 0
    for each in classes:
        wanted |= _permissions(bits, what, is_folder) << _SHIFTS[each]
        cleared |= 0o7 << _SHIFTS[each]
        if "s" in what:
            wanted |= _SET_ID[each]
        # chmod(1): a folder keeps its set-ID bits unless they are named.
        cleared |= 0 if is_folder else _SET_ID[each]
    if "t" in what and everyone | ("o" in classes):
        wanted |= _STICKY
    if operator == "+":
        return bits | wanted
    if operator == "-":
        return bits & ~wanted
    return bits & ~cleared | wanted


def _permissions(bits: int, what: str, is_folder: bool) -> int:
    """Three bits: those named, or those that another class has."""
    if what in _SHIFTS:
        return bits >> _SHIFTS[what] & 0o7
    found = 0
    for letter in what:
        if letter == "X":
            found |= 1 if is_folder or bits & 0o111 else 0
        else:
            found |= _BITS.get(letter, 0)
    return found
