"""Processes as `ps -ef` shows them, for a host that has no ps (proc(5), /proc/pid/stat)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

TITLES = ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")

_TICKS = os.sysconf("SC_CLK_TCK")
_PTS_MAJORS = range(136, 144)
_DAY = 24 * 3600


def listing(pids: Iterable[int]) -> Iterator[tuple[str, ...]]:
    """A row for each that is still there."""
    with open("/proc/uptime") as file:
        uptime = float(file.read().split()[0])
    for pid in sorted(pids):
        try:
            yield _row(pid, uptime)
        except (FileNotFoundError, ProcessLookupError):
            continue


def _row(pid: int, uptime: float) -> tuple[str, ...]:
    with open(f"/proc/{pid}/stat") as file:
        text = file.read()
    name = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()  # from the third on: the state, …
    parent, terminal = fields[1], int(fields[4])
    used = (int(fields[11]) + int(fields[12])) / _TICKS
    age = uptime - int(fields[19]) / _TICKS
    percent = int(100 * used / age) if age > 0 else 0
    return (
        _user(os.stat(f"/proc/{pid}").st_uid),
        str(pid),
        parent,
        str(percent),
        _start(time.time() - age),
        _terminal(terminal),
        _span(int(used)),
        _command(pid) or f"[{name}]",
    )


def _user(uid: int) -> str:
    import pwd  # late: it asks the host's name services

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _start(moment: float) -> str:
    """Its time of day; once it is a day old, the day."""
    is_today = time.time() - moment < _DAY
    return time.strftime("%H:%M" if is_today else "%b%d", time.localtime(moment))


def _terminal(number: int) -> str:
    major, minor = os.major(number), os.minor(number)
    return f"pts/{(major - _PTS_MAJORS[0]) * 256 + minor}" if major in _PTS_MAJORS else "?"


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02}"


def _command(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return os.fsdecode(file.read()).replace("\0", " ").rstrip()
