"""Read what events.py writes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from math import inf
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec

from onggi.linux.events import START, numbers, path_of

Waiting: TypeAlias = AbstractContextManager[Callable[[float], object]]
"""While it is entered: what waits for something new, but no longer than so many seconds. What it raises ends it."""


class Actor(msgspec.Struct, frozen=True):
    """What an event is about. `attributes` hold its labels too."""

    id: str = msgspec.field(name="ID")
    attributes: dict[str, str] = msgspec.field(name="Attributes")


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Docker's events.Message, its fields in the same order. `time` is in seconds and `time_nano` in nanoseconds since
    the epoch. status, id and from_ are older words for what stands in action and actor."""

    status: str = ""
    id: str = ""
    from_: str = msgspec.field(default="", name="from")
    type: str = msgspec.field(name="Type")
    action: str = msgspec.field(name="Action")
    actor: Actor = msgspec.field(name="Actor")
    scope: str = ""
    time: int
    time_nano: int = msgspec.field(name="timeNano")


_decoder = msgspec.json.Decoder(Event)


class EventLog:
    """The events of one store from now on, or from the first that is kept. What is written from the moment on in which
    this is made is read, however many files it goes to meanwhile."""

    def __init__(self, folder: str | Path, from_now: bool) -> None:
        self._folder = str(folder)
        self._tails: dict[int, _Tail] = {}
        self._find(from_now)

    def read(self) -> list[Event]:
        """What has come since the last call, the earliest first."""
        self._find(from_now=False)
        events = [event for tail in self._tails.values() for event in tail.read()]
        self._tails = {number: tail for number, tail in self._tails.items() if not tail.is_over()}
        return sorted(events, key=lambda event: event.time_nano)

    def close(self) -> None:
        for tail in self._tails.values():
            tail.file.close()

    def _find(self, from_now: bool) -> None:
        newest = max(self._tails, default=0)
        for number in numbers(os.listdir(self._folder)):
            if number > newest:
                try:
                    file = open(path_of(self._folder, number), "rb")  # noqa: SIM115
                except FileNotFoundError:  # it has just become too old
                    continue
                self._tails[number] = _Tail(file, from_now)


class _Tail:
    """One file, and the line at its end that is not whole yet."""

    def __init__(self, file: BinaryIO, from_now: bool) -> None:
        self.file = file
        self._rest = b""
        if from_now:
            file.seek(0, os.SEEK_END)

    def read(self) -> Iterator[Event]:
        *lines, self._rest = (self._rest + self.file.read()).split(b"\n")
        for line in lines:
            try:
                yield _decoder.decode(line[max(line.rfind(START), 0) :])
            except msgspec.DecodeError:
                continue  # on a full disk the beginning of a line was written, and more events came after it

    def is_over(self) -> bool:
        """Whether the file is gone; nobody but a writer that was stopped for very long would still write to it."""
        if os.fstat(self.file.fileno()).st_nlink:
            return False
        self.file.close()
        return True


def read_events(
    folder: str | Path,
    since: int | None = None,
    until: int | None = None,
    waiting: Waiting | None = None,
) -> Iterator[Event]:
    """Events from `since` to `until`, in nanoseconds since the epoch; None for `since`: those to come, unless `until`
    is given: then all that are kept. With `waiting` also those to come, until `until`. Reading along begins with the
    call, not with the first event that is asked for."""
    log = EventLog(folder, from_now=since is None and until is None)
    events = _kept(log) if waiting is None else _followed(log, until, waiting)
    return (
        event for event in events if event.time_nano >= (since or 0) and (until is None or event.time_nano <= until)
    )


def _kept(log: EventLog) -> Iterator[Event]:
    with closing(log):
        yield from log.read()


def _followed(log: EventLog, until: int | None, waiting: Waiting) -> Iterator[Event]:
    with closing(log), waiting as wait:
        while True:
            left = inf if until is None else (until - time.time_ns()) / 1e9
            yield from log.read()
            if left <= 0:
                return
            wait(left)
