"""Read a container's log, also while it is written."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from onggi.container.life import RUNNING
from onggi.errors import Unsupported
from onggi.linux.log.record import Record, Tell
from onggi.linux.log.segments import Segment, Segments
from onggi.linux.state import read_state

if TYPE_CHECKING:
    from onggi.linux.changes import Changes

IsWanted: TypeAlias = Callable[[], bool]
KEEPS_NONE = "none"  # the driver that keeps no log
LATEST = 0.5  # seconds until a follower looks whether the monitor lives, though nothing has changed
LATE = 1_000_000_000  # nanoseconds; the time of a file is a bit earlier than its last record: the kernel rounds it


def read_log(
    home: str | Path,
    driver: str = "local",
    *,
    follow: bool = False,
    since: float | None = None,
    until: float | None = None,
    tail: int | None = None,
    joined: bool = False,
    tell: Tell = warnings.warn,
    is_wanted: IsWanted = lambda: True,
) -> Iterator[Record]:
    """The log's records, from the last `tail` lines on, written between `since` and `until` (seconds since the epoch).
    With `follow` also those to come, until the container ends. `joined`: there may be several in one, which is quick.
    `tell` gets a sentence about what is damaged, or was removed before it could be read. Who follows is asked
    `is_wanted` whenever there is nothing new, at least every LATEST seconds: at a no it ends. Raises Unsupported if
    the driver keeps no log."""
    if driver == KEEPS_NONE:
        raise Unsupported(
            "configured logging driver does not support reading", hint="its --log-driver is none: nothing is kept"
        )
    # A float knows microseconds: from the beginning of one to the end of one.
    first = 0 if since is None else math.floor(since * 1_000_000) * 1000
    last = None if until is None else math.floor(until * 1_000_000) * 1000 + 999
    log = Segments(home, driver, joined and since is None and until is None, tell)
    return _between(first, last, _records(home, log, first, last, tail, follow, tell, is_wanted))


def read_between(
    home: str | Path, driver: str, first: int, last: int | None, *, joined: bool = False, tell: Tell = warnings.warn
) -> Iterator[Record]:
    """The records from `first` to `last`, in nanoseconds since the epoch."""
    log = Segments(home, driver, joined, tell)
    return _between(first, last, _records(home, log, first, last, None, False, tell, lambda: True))


def _between(first: int, last: int | None, records: Iterator[Record]) -> Iterator[Record]:
    for record in records:
        if last is not None and record.time > last:
            return
        if record.time >= first:
            yield record


def _records(
    home: str | Path,
    log: Segments,
    first: int,
    last: int | None,
    tail: int | None,
    follow: bool,
    tell: Tell,
    is_wanted: IsWanted,
) -> Iterator[Record]:
    """Those from about `first` on."""
    with log:
        segments = _since(_tail(log.open(), tail), first)
        if not follow or not segments:
            yield from _all(segments)
            return
        yield from _all(segments[:-1])
        from onggi.linux.changes import Changes

        with Changes(str(home)) as changes:
            yield from _follow(home, log, segments[-1], last, changes, tell, is_wanted)


def _tail(segments: list[Segment], count: int | None) -> list[Segment]:
    if count is None:
        return segments
    for number in reversed(range(len(segments))):
        count -= segments[number].reader.tail(count)
        if not count:
            return _without(segments, number)
    return segments


def _since(segments: list[Segment], first: int) -> list[Segment]:
    """Without the files whose last record is older."""
    while len(segments) > 1 and segments[0].status.st_mtime_ns + LATE < first:
        segments = _without(segments, 1)
    for segment in segments:
        segment.reader.since(first)
    return segments


def _without(segments: list[Segment], count: int) -> list[Segment]:
    """The first ones."""
    for segment in segments[:count]:
        segment.close()
    return segments[count:]


def _all(segments: list[Segment]) -> Iterator[Record]:
    for segment in segments:
        yield from segment.reader.read()
        segment.close()


def _follow(
    home: str | Path,
    log: Segments,
    newest: Segment,
    last: int | None,
    changes: Changes,
    tell: Tell,
    is_wanted: IsWanted,
) -> Iterator[Record]:
    """What comes until the container ends, or it is `last`, or nobody wants it."""
    is_over = False
    while True:
        is_quiet = True
        for record in newest.reader.read():
            yield record
            is_quiet = False
        newer, is_incomplete = log.after(newest)
        if newer:
            yield from _all([newest])  # what has come before it was full
            if is_incomplete:
                tell("lines may be missing here: the log had to make place for new ones before they were read")
            yield from _all(newer[:-1])
            newest = newer[-1]
        elif is_quiet and is_over:
            return
        elif is_quiet:
            now = time.time_ns()
            is_over = read_state(home).status not in RUNNING or (last is not None and now > last)
            if not is_wanted():
                return
            if not is_over:
                changes.wait(LATEST if last is None else min(LATEST, (last - now) / 1e9))
