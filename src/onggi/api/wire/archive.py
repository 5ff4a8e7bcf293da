"""What is at a path in a container, as the API has it."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import msgspec

from onggi.api import file_mode
from onggi.engine.types import PathStat

_FIRST, _LAST = -62_135_596_800_000_000_000, 253_402_300_799_999_999_999
"""Nanoseconds since the epoch: of the years 1 to 9999."""


class _Stat(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    size: int
    mode: int
    mtime: str
    link_target: str


def header(found: PathStat) -> str:
    """X-Docker-Container-Path-Stat: JSON in base64."""
    document = _Stat(found.name, found.size, file_mode.to_go(found.mode), _moment(found.mtime_ns), found.link_target)
    return b64encode(msgspec.json.encode(document)).decode()


def _moment(nanoseconds: int) -> str:
    """The nearest of those that can be written (RFC 3339): the container may choose any."""
    seconds, rest = divmod(min(max(nanoseconds, _FIRST), _LAST), 1_000_000_000)
    whole = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
    fraction = f".{rest:09}".rstrip("0").rstrip(".")
    return f"{whole}{fraction}Z"
