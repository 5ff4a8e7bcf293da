"""Versions of the API: which are spoken, how one is asked for, and what older ones have otherwise."""

from __future__ import annotations

import re
from typing import TypeAlias

from onggi.api.refusals import Refusal

Version: TypeAlias = tuple[int, int]

OLDEST: Version = (1, 24)
NEWEST: Version = (1, 51)
_PATH = re.compile(r"/v([0-9]{1,3})\.([0-9]{1,3})(/.*)")


def text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def split(path: str) -> tuple[Version, str]:
    """The version that a path begins with, and what is behind it; without one it is the newest. Raises Refusal for one
    that is not spoken, in Docker's words (moby, daemon/server/middleware/version.go)."""
    found = _PATH.fullmatch(path)
    if found is None:
        return NEWEST, path
    version = int(found[1]), int(found[2])
    if version > NEWEST:
        raise Refusal(
            400, f"client version {text(version)} is too new. Maximum supported API version is {text(NEWEST)}"
        )
    if version < OLDEST:
        raise Refusal(
            400,
            f"client version {text(version)} is too old. Minimum supported API version is {text(OLDEST)}, please"
            " upgrade your client to a newer version",
        )
    return version, found[3]
