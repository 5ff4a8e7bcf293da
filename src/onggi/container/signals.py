"""Signals by the names and numbers that people give to STOPSIGNAL, --stop-signal and kill -s: TERM, SIGTERM, 15,
RTMIN+3.

A table of our own, as a container's signals are the kernel's, whatever a C library keeps for itself (musl begins the
real-time signals one later). The numbers are those of signal(7), alike on all machines that onggi runs on.
"""

from __future__ import annotations

import re

from onggi.errors import Invalid

_STANDARD = (  # in the order of their numbers, from 1 on
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT"
    " CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
)
_OTHER_NAMES = {"IOT": "ABRT", "CLD": "CHLD", "POLL": "IO"}
_FIRST_REAL_TIME, _LAST = 34, 64

_NUMBERS = {name: number for number, name in enumerate(_STANDARD.split(), start=1)}
_NUMBERS |= {other: _NUMBERS[name] for other, name in _OTHER_NAMES.items()}
_NUMBERS |= {f"RTMIN+{step}": _FIRST_REAL_TIME + step for step in range(1, 16)} | {"RTMIN": _FIRST_REAL_TIME}
_NUMBERS |= {f"RTMAX-{step}": _LAST - step for step in range(1, 15)} | {"RTMAX": _LAST}

_DIGITS = re.compile("[0-9]{1,3}")


def stopping(name: str) -> int:
    """The number of the signal that ends a container which was given that one, or none. Raises Invalid."""
    return number(name or "SIGTERM")


def number(text: str) -> int:
    """Raises Invalid for what is no signal."""
    if _DIGITS.fullmatch(text) and 1 <= int(text) <= _LAST:
        return int(text)
    found = _NUMBERS.get(text.upper().removeprefix("SIG"))
    if found is None:
        from onggi.suggest import did_you_mean

        names = (f"SIG{name}" for name in _NUMBERS if not name.startswith("RT"))
        raise Invalid(
            f"{text!r} is no signal{did_you_mean(text, names)}",
            hint="write a name such as SIGTERM, or a number from 1 to 64",
        )
    return found
