"""What STOPSIGNAL may name: Linux's signals, with or without SIG, or a number."""

from __future__ import annotations

import re

_HIGHEST = 64
_NUMBER = re.compile("[0-9]{1,3}")
_NAMES = frozenset(
    {
        *(
            "ABRT",
            "ALRM",
            "BUS",
            "CHLD",
            "CLD",
            "CONT",
            "FPE",
            "HUP",
            "ILL",
            "INT",
            "IO",
            "IOT",
            "KILL",
            "PIPE",
            "POLL",
        ),
        *("PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG"),
        *("USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ"),
    }
)
_REAL_TIME = re.compile(r"RTMIN(\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?")


def is_signal(text: str) -> bool:
    if _NUMBER.fullmatch(text):
        return 1 <= int(text) <= _HIGHEST
    name = text.upper().removeprefix("SIG")
    return name in _NAMES or _REAL_TIME.fullmatch(name) is not None


def names() -> list[str]:
    """The names that are worth a suggestion."""
    return sorted(f"SIG{name}" for name in _NAMES)
