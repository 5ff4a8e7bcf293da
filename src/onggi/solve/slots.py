"""How many executions may use the processors at once.

Given a number of jobs, that many execute and no more. Otherwise there is a slot for each core, and a step whose process
sleeps lends its slot on: six stages that wait for a network start together on two cores, twenty that compute do not.
Nobody is ever stopped: a lent slot is counted again when its owner becomes busy, and nothing new starts until the
count is below the limit.

Processor time is sampled by the one execution that is next to start, so a build that never waits never samples.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from onggi.solve.ports import Abandoned, Cancel

SAMPLE = 0.01
"""Seconds between two looks at the processor time of running steps."""
QUIET = 0.1
"""A step that used less than this part of a core between two looks was quiet."""
PATIENCE = (0.02, 0.25)
"""A step counts as asleep when it was quiet for as many seconds as it has computed in all, within these bounds: one
that has just started to wait is believed soon, one that has computed for long may only be starved by others."""


class _Process:
    """The processor time of one step, and whether its slot is lent."""

    def __init__(self, cpu_seconds: Callable[[], float], now: float) -> None:
        self.cpu_seconds = cpu_seconds
        self.used = 0.0
        self.looked = now
        self.quiet_since = now
        self.is_asleep = False

    def look(self, now: float) -> None:
        used = self.cpu_seconds()
        if used - self.used > QUIET * (now - self.looked):
            self.quiet_since = now
        self.used, self.looked = used, now
        least, most = PATIENCE
        self.is_asleep = now - self.quiet_since >= min(max(used, least), most)


class Slots:
    """`limit` executions at once; `lends`: not counting those whose process sleeps. Thread-safe."""

    def __init__(self, limit: int, *, lends: bool, timer: Callable[[], float] = time.monotonic) -> None:
        self._limit = max(limit, 1)
        self._lends = lends
        self._timer = timer
        self._turn = threading.Lock()  # held by the one that is next to start
        self._changed = threading.Condition()
        self._held = 0
        self._processes: list[_Process] = []

    @contextmanager
    def hold(self, cancel: Cancel) -> Iterator[None]:
        """Waits for a slot, in turn; raises Abandoned once `cancel` is set."""
        with self._turn, self._changed:
            while not (cancel.is_set or self._is_free()):
                self._changed.wait(SAMPLE)
            if cancel.is_set:
                raise Abandoned("a slot")
            self._held += 1
        try:
            yield
        finally:
            with self._changed:
                self._held -= 1
                self._changed.notify()

    @contextmanager
    def busy(self, cpu_seconds: Callable[[], float]) -> Iterator[None]:
        """While a process runs in a held slot: the slot is lent on while `cpu_seconds` stands still."""
        if not self._lends:
            yield
            return
        process = _Process(cpu_seconds, self._timer())
        with self._changed:
            self._processes.append(process)
        try:
            yield
        finally:
            with self._changed:
                self._processes.remove(process)

    def _is_free(self) -> bool:
        if self._held < self._limit:
            return True
        now = self._timer()
        for process in self._processes:
            process.look(now)
        return self._held - sum(process.is_asleep for process in self._processes) < self._limit
