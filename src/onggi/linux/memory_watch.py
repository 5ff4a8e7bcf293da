"""Tells when the kernel kills a process of a container for want of memory, while the container goes on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from onggi.linux.cgroup import Group
    from onggi.linux.loop import Loop, Timer

SECONDS = 0.05
"""Between the alarm and the look: it rings before the kill is counted, and many times where memory stays short."""


class MemoryWatch:
    """`on_kill` is called once for each time that there are more."""

    def __init__(self, loop: Loop, group: Group, on_kill: Callable[[], None]) -> None:
        self._loop = loop
        self._group = group
        self._on_kill = on_kill
        self._due: Timer | None = None
        self.kills = 0
        self._alarm = group.alarm()
        if self._alarm:
            loop.watch(self._alarm.descriptor, self._ring, self._alarm.events)

    def _ring(self, events: int) -> None:
        if self._alarm:
            self._alarm.hear()
        if self._due is None:
            self._due = self._loop.after(SECONDS, self._look)

    def _look(self) -> None:
        self._due = None
        kills = self._group.oom_kills()
        if kills > self.kills:
            self.kills = kills
            self._on_kill()

    def stop(self) -> None:
        """Take a last look. The group is still there."""
        self._loop.cancel(self._due)
        if self._alarm:
            self._loop.forget(self._alarm.descriptor)
            self._alarm.close()
            self._alarm = None
        self._look()
