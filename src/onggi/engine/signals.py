"""Signals by the names and numbers that people give: TERM, SIGTERM, 15, RTMIN+3."""

from __future__ import annotations

import re
from signal import SIGRTMAX, SIGRTMIN, Signals

from onggi.errors import Invalid

_REAL_TIME = re.compile(r"RT(MIN\+|MAX-)(\d{1,2})")


def signal_number(text: str) -> int:
    """Raises Invalid for what is no signal."""
    name = text.upper().removeprefix("SIG")
    if name.isdecimal() and 0 < int(name) <= SIGRTMAX:
        return int(name)
    if f"SIG{name}" in Signals.__members__:
        return Signals[f"SIG{name}"].value
    if match := _REAL_TIME.fullmatch(name):
        number = SIGRTMIN + int(match[2]) if match[1] == "MIN+" else SIGRTMAX - int(match[2])
        if SIGRTMIN <= number <= SIGRTMAX:
            return number
    raise Invalid(f"invalid signal: {text}", hint="write a name such as TERM or SIGUSR1, or its number")
