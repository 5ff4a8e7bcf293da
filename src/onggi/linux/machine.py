"""Looks up what `info` tells of this machine besides what containers depend on (probe.py)."""

from __future__ import annotations

import os
from collections.abc import Iterable

import msgspec

_RELEASES = ("/etc/os-release", "/usr/lib/os-release")
_FORWARDING = "/proc/sys/net/ipv4/ip_forward"
_UNKNOWN = "<unknown>"
"""Docker's word."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """system: the distribution, as it calls itself, and its version. forwards: packets go from one link to another.
    file_system: the kind of the one that a path is on. memory in bytes."""

    system: str
    system_version: str
    name: str
    kernel: str
    architecture: str
    processors: int
    memory: int
    forwards: bool
    file_system: str


def look(path: str) -> Machine:
    """The facts, as they are now; `path` says which file system is meant."""
    about = os.uname()
    release = _release()
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        file_system = file_system_of(os.stat(path).st_dev, lines)
    return Machine(
        system=release.get("PRETTY_NAME", _UNKNOWN),
        system_version=release.get("VERSION_ID", ""),
        name=about.nodename,
        kernel=about.release,
        architecture=about.machine,
        processors=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        forwards=_read(_FORWARDING).strip() == "1",
        file_system=file_system,
    )


def read_release(lines: Iterable[str]) -> dict[str, str]:
    """Name → value, of os-release(5)."""
    import shlex

    found = {}
    for line in lines:
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name] = "".join(shlex.split(value))
    return found


def file_system_of(device: int, mountinfo: Iterable[str]) -> str:
    """The kind of the file system with that device number, from the lines of proc(5)'s mountinfo."""
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mountinfo:
        left, _, right = line.partition(" - ")
        if left.split(" ")[2] == number:
            return right.split(" ")[0]
    return _UNKNOWN  # btrfs gives its parts numbers that are no mount's


def _release() -> dict[str, str]:
    for path in _RELEASES:
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as lines:
                return read_release(lines)
    return {}


def _read(path: str) -> str:
    if not os.path.exists(path):  # the kernel has no IPv4
        return ""
    with open(path) as file:
        return file.read()
