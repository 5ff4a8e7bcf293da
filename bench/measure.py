"""Timing whole commands, in turn: A B C A B C …, so that a drift of the machine's speed meets all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], float]
"""Does one run and answers with its figure: seconds, or megabytes."""


@dataclass(frozen=True)
class Measurement:
    """One row: what each tool needed (medians are taken by the report), the limit among them, and what onggi owes."""

    name: str
    unit: str
    series: Mapping[str, list[float]]
    limit: str
    must: float | Callable[[float], float] | None = None
    note: str = ""

    def median(self, who: str) -> float:
        return statistics.median(self.series[who])

    def owed(self) -> float | None:
        """The "must" figure; some are a function of the limit measured in the same run."""
        return self.must(self.median(self.limit)) if callable(self.must) else self.must


def take_turns(works: Mapping[str, Work], runs: int) -> dict[str, list[float]]:
    """The figures of `runs` runs of each contestant's work, after one that is not counted."""
    series: dict[str, list[float]] = {who: [] for who in works}
    for turn in range(1 + runs):
        for who, work in works.items():
            figure = work()
            if turn > 0:
                series[who].append(figure)
                print(f"    {who:<10} {figure:8.3f}", file=sys.stderr)
    return series


def command(*argv: str | os.PathLike[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> float:
    """Seconds that a command took; one that fails ends the benchmark with what it printed."""
    words = [os.fspath(word) for word in argv]
    start = time.perf_counter()
    done = subprocess.run(
        words,
        cwd=cwd,
        env=None if env is None else {**os.environ, **env},
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")[-3000:]
        sys.exit(f"{' '.join(words)} failed ({done.returncode}):\n{said}")
    return seconds


def timed(*argv: str | os.PathLike[str], before: Callable[[], object] | None = None) -> Work:
    """A piece of work out of a command, with something to prepare that is not counted."""

    def work() -> float:
        if before is not None:
            before()
        return command(*argv)

    return work
