"""Read a container's log."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from onggi.errors import Corrupt
from onggi.linux.journal import timestamp
from onggi.linux.state import RUNNING, read_state

BLOCK = 64 * 1024
INTERVAL = 0.1  # seconds between two looks at a log that is followed


class Record(msgspec.Struct, frozen=True):
    """One line, or a piece of one longer than 16 KiB (without a newline). `time` is RFC 3339 with nanoseconds."""

    log: str
    stream: Literal["stdout", "stderr"]
    time: str


_decoder = msgspec.json.Decoder(Record)


def read_log(
    home: str | Path,
    *,
    follow: bool = False,
    since: float | None = None,
    until: float | None = None,
    tail: int | None = None,
) -> Iterator[Record]:
    """The log's records, from the last `tail` ones on, written from `since` to before `until` (seconds since the
    epoch). With `follow` also those to come, until the container ends."""
    first = _time(since) if since is not None else ""
    last = _time(until) if until is not None else "~"  # after every digit
    try:
        file = open(Path(home, "log.json"), "rb")  # noqa: SIM115
    except FileNotFoundError:
        return
    with file:
        if tail is not None:
            file.seek(_tail_offset(file, tail))
        for line in _lines(file, home) if follow else file:
            try:
                record = _decoder.decode(line)
            except msgspec.DecodeError as error:
                raise Corrupt(f"{file.name} has a line that is not a log record: {error}") from error
            if record.time >= last:
                return
            if record.time >= first:
                yield record


def _lines(file: BinaryIO, home: str | Path) -> Iterator[bytes]:
    """Whole lines, waiting for more as long as the container runs."""
    pending = b""
    while True:
        is_running = read_state(home).status in RUNNING
        while line := file.readline():
            pending += line
            if pending.endswith(b"\n"):
                yield pending
                pending = b""
        if not is_running:
            return
        time.sleep(INTERVAL)


def _tail_offset(file: BinaryIO, count: int) -> int:
    """Where the last `count` lines begin."""
    position = file.seek(0, os.SEEK_END)
    wanted = count + 1  # the newline before them, as the last byte is one too
    while position > 0:
        start = max(position - BLOCK, 0)
        file.seek(start)
        block = file.read(position - start)
        found = block.count(b"\n")
        if found >= wanted:
            cut = len(block)
            for _ in range(wanted):
                cut = block.rindex(b"\n", 0, cut)
            return start + cut + 1
        wanted -= found
        position = start
    return 0


def _time(seconds: float) -> str:
    return timestamp(round(seconds * 1_000_000_000))
