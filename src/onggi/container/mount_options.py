"""The options of mount(8): which of them are flags, and which the file system is to read."""

from __future__ import annotations

from collections.abc import Iterable

FLAGS = (
    "ro",
    "nosuid",
    "nodev",
    "noexec",
    "noatime",
    "nodiratime",
    "relatime",
    "strictatime",
    "sync",
    "dirsync",
)
OPPOSITES = {
    "rw": "ro",
    "suid": "nosuid",
    "dev": "nodev",
    "exec": "noexec",
    "atime": "noatime",
    "diratime": "nodiratime",
    "norelatime": "relatime",
    "nostrictatime": "strictatime",
    "async": "sync",
}
"""Option → the flag that it takes away (mount(8), as in moby's pkg/mount)."""
_DEFAULTS = "defaults"


def split(options: Iterable[str], flags: Iterable[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The flags, beginning with `flags`, and what is left; of two that contradict each other the later counts."""
    found = dict.fromkeys(flags)
    rest = []
    for option in options:
        if option in OPPOSITES:
            found.pop(OPPOSITES[option], None)
        elif option in FLAGS:
            found[option] = None
        elif option != _DEFAULTS:
            rest.append(option)
    return tuple(found), tuple(rest)
