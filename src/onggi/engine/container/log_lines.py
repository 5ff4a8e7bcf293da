"""How what a container wrote is shown: as it is, or with what is known about each line in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onggi.linux.log.record import Record


def shown(timestamps: bool, details: Mapping[str, str] | None) -> Callable[[Record], bytes]:
    """What is shown of a record: its bytes, or each line with its time or with `details` in front."""
    if not timestamps and details is None:
        return lambda record: record.log
    from urllib.parse import quote_plus

    from onggi.linux.log.json_lines import timestamp

    known = ""
    if details is not None:  # as Docker writes them, also when there are none
        known = ",".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in details.items()) + " "
    unfinished: set[str] = set()

    def show(record: Record) -> bytes:
        front = f"{f'{timestamp(record.time)} ' if timestamps else ''}{known}".encode()
        lines = record.log[:-1].replace(b"\n", b"\n" + front) + record.log[-1:]
        goes_on = record.stream in unfinished
        (unfinished.discard if record.log.endswith(b"\n") else unfinished.add)(record.stream)
        return lines if goes_on else front + lines

    return show
