"""Who may use the processors: slots, and lending them while a process sleeps."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from onggi.solve.ports import Abandoned, Cancel
from onggi.solve.slots import Slots


class Clock:
    """Time that passes by as much as is asked at each look; processes use their part of it."""

    def __init__(self, step: float = 0.02) -> None:
        self.time = 0.0
        self.step = step

    def __call__(self) -> float:
        self.time += self.step
        return self.time

    def process(self, use: Callable[[float], float]) -> Callable[[], float]:
        return lambda: use(self.time)


class Bench:
    """Executions as threads, each in its slot until told to end."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.cancel = Cancel()
        self.started: list[str] = []
        self.abandoned: list[str] = []
        self._changed = threading.Condition()
        self._end = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, name: str, cpu_seconds: Callable[[], float]) -> None:
        thread = threading.Thread(target=self._run, args=(name, cpu_seconds))
        self._threads.append(thread)
        thread.start()

    def wait_for(self, number: int) -> None:
        """Until so many have started."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.started) >= number, timeout=30)

    def _run(self, name: str, cpu_seconds: Callable[[], float]) -> None:
        try:
            with self.slots.hold(self.cancel), self.slots.busy(cpu_seconds):
                with self._changed:
                    self.started.append(name)
                    self._changed.notify_all()
                self._end.wait()
        except Abandoned:
            self.abandoned.append(name)

    def end(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()


def test_sleepers_all_start() -> None:
    clock = Clock()
    bench = Bench(Slots(2, lends=True, timer=clock))
    for number in range(8):
        bench.start(str(number), clock.process(lambda time: 0.005))
    bench.wait_for(8)
    bench.end()


def test_one_that_computes_keeps_its_slot() -> None:
    clock = Clock()
    bench = Bench(Slots(1, lends=True, timer=clock))
    bench.start("computes", clock.process(lambda time: 0.3 * time))  # starved by others to a third of a core
    bench.wait_for(1)
    bench.start("waits", clock.process(lambda time: 0.0))
    while clock.time < 1.0:  # looked at fifty times
        threading.Event().wait(0.001)
    assert bench.started == ["computes"]
    bench.end()
    assert bench.started == ["computes", "waits"]


def test_a_lent_slot_counts_again_when_its_owner_wakes() -> None:
    clock = Clock()
    bench = Bench(Slots(1, lends=True, timer=clock))
    woke = threading.Event()
    bench.start("sleeps", lambda: clock.time if woke.is_set() else 0.0)
    bench.wait_for(1)
    bench.start("second", lambda: clock.time if woke.is_set() else 0.0)
    bench.wait_for(2)
    woke.set()
    bench.start("third", lambda: 0.0)
    seen = clock.time
    while clock.time < seen + 0.6:
        threading.Event().wait(0.001)
    assert bench.started == ["sleeps", "second"]
    bench.end()


def test_one_that_computed_for_long_is_not_believed_to_sleep_at_once() -> None:
    clock = Clock()
    bench = Bench(Slots(1, lends=True, timer=clock))
    bench.start("pauses", clock.process(lambda time: min(time, 10.0)))
    bench.wait_for(1)
    clock.time = 10.0
    bench.start("waits", lambda: 0.0)
    bench.wait_for(2)
    assert clock.time >= 10.25
    bench.end()


def test_strict_slots_are_never_lent() -> None:
    clock = Clock()
    bench = Bench(Slots(2, lends=False, timer=clock))
    for number in range(3):
        bench.start(str(number), lambda: 0.0)
    bench.wait_for(2)
    while clock.time < 0.6:
        threading.Event().wait(0.001)
    assert len(bench.started) == 2
    bench.end()


def test_a_cancelled_wait_ends() -> None:
    bench = Bench(Slots(1, lends=False))
    for number in range(4):
        bench.start(str(number), lambda: 0.0)
    bench.wait_for(1)
    bench.cancel.set()
    bench.end()
    assert len(bench.abandoned) == 3


def test_a_cancelled_build_gets_no_slot() -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Abandoned), Slots(1, lends=True).hold(cancel):
        pytest.fail("entered")
