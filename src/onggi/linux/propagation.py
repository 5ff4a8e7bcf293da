"""Does what is mounted beneath a path reach others that have the same mount? As proc(5)'s mountinfo tells."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

_ESCAPED = re.compile(r"\\([0-7]{3})")


def mount_of(path: str) -> tuple[str, tuple[str, ...]]:
    """The mount that `path` is on: where it is mounted, and how it is tied to others (`shared:12`, `master:3`)."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        return find_mount(os.path.realpath(path), lines)


def find_mount(path: str, mountinfo: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The same for a path without links, of the mounts in the given lines; the last of those at one place is on top."""
    found: tuple[str, tuple[str, ...]] = ("/", ())
    for line in mountinfo:
        fields = line.split(" ")
        point = _ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields[4])
        if len(point) >= len(found[0]) and (path + "/").startswith(point.rstrip("/") + "/"):
            found = point, tuple(fields[6 : fields.index("-")])
    return found
