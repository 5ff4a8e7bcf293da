"""Probe a container's health while it runs: with a program in it, or from here, by HTTP or TCP, in its network."""

from __future__ import annotations

import os
import time
from errno import EAGAIN

from onggi.container import health
from onggi.errors import OnggiError
from onggi.linux import report
from onggi.linux.exec import Exec
from onggi.linux.loop import Timer
from onggi.linux.net_probe import NetProbe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from onggi.linux.loop import Loop
    from onggi.linux.round import Round

    Plan: TypeAlias = dict[str, Any]

NO_RESULT = -1  # the exit code of a probe that took too long or could not be started


class Health:
    """The probes of one round. `on_change` is called after each, with whether the status changed."""

    def __init__(self, loop: Loop, plan: Plan, round: Round, on_change: Callable[[bool], None]) -> None:
        """`plan` is that of a probe, see `health_plan`."""
        self.loop = loop
        self.plan = plan
        self.round = round
        self.on_change = on_change
        self.timing = health.Timing(**plan["timing"])
        self.status = health.STARTING
        self.streak = 0
        self.log: list[dict[str, Any]] = []
        self.timer: Timer | None = None
        self.probe: Probe | None = None
        self._wait()

    def stop(self) -> None:
        """No further probes: the container has ended, or is paused."""
        self.loop.cancel(self.timer)
        if self.probe:
            self.probe.give_up()
            self.probe = None

    def go_on(self) -> None:
        """After a pause."""
        self._wait()

    def _wait(self) -> None:
        self.timer = self.loop.after(self.timing.next_wait(self.status, self.round.age()), self._begin)

    def _begin(self) -> None:
        self.probe = Probe(self.loop, self.plan["probe"], self.round, self.timing.timeout, self._on_result)
        self.probe.begin()

    def _on_result(self, age: float, start: float, exit_code: int, output: str) -> None:
        self.probe = None
        if self.round.is_ending():
            return  # the probe ended with it, which says nothing of its health
        before = self.status
        self.status, self.streak = health.judge(before, self.streak, exit_code == 0, self.timing, age)
        result: dict[str, Any] = {"start": start, "end": time.time(), "exit_code": exit_code, "output": output}
        self.log = [*self.log, result][-health.MOST_RESULTS :]
        self._wait()
        self.on_change(self.status != before)

    def complaint(self) -> str:
        """What is wrong, after a probe that failed."""
        return health.failed(self.streak, self.log[-1]["output"])

    def document(self) -> dict[str, Any]:
        """As in State."""
        return {"status": self.status, "failing_streak": self.streak, "log": self.log}


class Probe:
    """One run of the probe: a process whose output we read, until it ends or its time is over."""

    def __init__(
        self, loop: Loop, plan: Plan, round: Round, timeout: float, on_result: Callable[[float, float, int, str], None]
    ) -> None:
        self.loop = loop
        self.plan = plan
        self.round = round
        self.timeout = timeout
        self.on_result = on_result
        self.age, self.start = round.age(), time.time()
        self.output = b""
        self.pipe = -1
        self.process: Exec | NetProbe | None = None
        self.timer: Timer | None = None
        self.is_late = False

    def begin(self) -> None:
        try:
            self.pipe, end = os.pipe()
        except OSError as error:  # its clients have used up the monitor's descriptors
            self.on_result(self.age, self.start, NO_RESULT, f"the probe cannot be run: {error.strerror}")
            return
        os.set_blocking(self.pipe, False)
        try:
            self.process = self._start(end)
        except OnggiError as error:
            self._finish(NO_RESULT, error.message)
            return
        except OSError as error:
            self._finish(NO_RESULT, f"the probe cannot be run: {error.strerror}")
            return
        finally:
            os.close(end)
        self.loop.watch(self.pipe, self._on_output)
        self.timer = self.loop.after(self.timeout, self._on_late)

    def _start(self, output: int) -> Exec | NetProbe:
        container = self.round.pidfd
        if "port" in self.plan:
            return NetProbe(self.loop, self.plan, container, output, self._on_end)
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            stdio = (null, output, output)
            return Exec(self.loop, self.plan, container, self.round.group, stdio, lambda master: None, self._on_end)
        finally:
            os.close(null)

    def give_up(self) -> None:
        """Nobody wants the result any more."""
        self.on_result = lambda age, start, exit_code, output: None
        if self.process:
            self.process.kill()

    def _on_output(self, events: int) -> None:
        try:
            data = os.read(self.pipe, 65536)
        except OSError as error:
            if error.errno != EAGAIN:
                raise
            return
        if not data:
            self.loop.forget(self.pipe)
        self.output = (self.output + data)[: health.LONGEST_OUTPUT]

    def _on_late(self) -> None:
        self.is_late = True
        if self.process:
            self.process.kill()

    def _on_end(self, exit_code: int, failure: bytes) -> None:
        if self.is_late:
            self._finish(NO_RESULT, f"Health check exceeded timeout ({self.timeout:g}s)")
        elif failure:
            self._finish(NO_RESULT, report.decode(failure).message)
        else:
            self._on_output(0)
            self._finish(exit_code, self.output.decode("utf-8", "replace"))

    def _finish(self, exit_code: int, output: str) -> None:
        self.loop.cancel(self.timer)
        self.loop.forget(self.pipe)
        os.close(self.pipe)
        self.on_result(self.age, self.start, exit_code, output)
