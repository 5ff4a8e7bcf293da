"""When a kill for want of memory is told."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import cast

import pytest

from onggi.linux.cgroup import Group
from onggi.linux.cgroup.files import Alarm
from onggi.linux.loop import Loop
from onggi.linux.memory_watch import MemoryWatch


class Memory:
    """What the kernel would say of a group; `ring` as it would."""

    def __init__(self) -> None:
        self.count = 0
        self.ear, self.bell = os.pipe()

    def alarm(self) -> Alarm | None:
        return Alarm(self.ear, select.POLLIN, lambda descriptor: os.read(descriptor, 4096))

    def oom_kills(self) -> int:
        return self.count

    def ring(self) -> None:
        os.write(self.bell, b"!")


@pytest.fixture
def memory() -> Iterator[Memory]:
    memory = Memory()
    yield memory
    os.close(memory.bell)


def turn(loop: Loop, told: list[str], times: int) -> None:
    while len(told) < times:
        loop.turn(20_000)


def test_each_time_that_there_are_more(memory: Memory) -> None:
    loop, told = Loop(), list[str]()
    watch = MemoryWatch(loop, cast(Group, memory), lambda: told.append("kill"))
    for count in (1, 5):
        memory.count = count
        memory.ring()
        memory.ring()
        turn(loop, told, len(told) + 1)
        assert watch.kills == count
    watch.stop()
    assert told == ["kill", "kill"]


def test_coming_near_is_no_kill(memory: Memory) -> None:
    loop, told = Loop(), list[str]()
    watch = MemoryWatch(loop, cast(Group, memory), lambda: told.append("kill"))
    memory.ring()
    loop.turn(20_000)  # hears the alarm
    loop.turn(20_000)  # looks
    watch.stop()
    assert (told, watch.kills) == ([], 0)


def test_the_last_look_is_at_the_end(memory: Memory) -> None:
    loop, told = Loop(), list[str]()
    watch = MemoryWatch(loop, cast(Group, memory), lambda: told.append("kill"))
    memory.count = 1
    watch.stop()
    assert told == ["kill"]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(memory.ear)


def test_where_nothing_rings_the_end_tells(memory: Memory) -> None:
    os.close(memory.ear)
    memory.alarm = lambda: None  # type: ignore[method-assign]
    told: list[str] = []
    watch = MemoryWatch(Loop(), cast(Group, memory), lambda: told.append("kill"))
    memory.count = 2
    watch.stop()
    assert (told, watch.kills) == (["kill"], 2)
