"""Many containers at once, and a further process in one."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.measure import Measurement, command, take_turns, timed
from bench.ring import Ring
from bench.rows.containers import monitor_of, pss

FLEET = 100
_NAMES = [f"fleet{number}" for number in range(FLEET)]


def exec_true(ring: Ring) -> Measurement:
    onggi = ring.onggi.command()
    command(*ring.onggi.start("bench-exec", "--network", "none", "busybox:1.35", "sleep", "600"))
    try:
        works = {"limit": timed("/bin/true"), "onggi": timed(*onggi, "exec", "bench-exec", "true")}
        series = take_turns(works, ring.runs)
    finally:
        command(*onggi, "rm", "-f", "bench-exec")
    return Measurement("exec CONTAINER true", "s", series, "limit", 0.15, "limit: true")


def started(ring: Ring) -> Measurement:
    """From the first of a hundred `run -d`, all begun at once, to the last that runs."""
    unshare = ("unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork", "/bin/true")
    limit = at_once([unshare] * FLEET)
    with _fleet(ring) as seconds:
        pass
    series = {"limit": [limit], "onggi": [seconds]}
    return Measurement(f"{FLEET} containers started at once", "s", series, "limit", FLEET * 0.1, "limit: unshare true")


def stopped(ring: Ring) -> Measurement:
    """One `stop` of a hundred that end when they are told."""
    onggi = ring.onggi.command()
    with _fleet(ring):
        seconds = command(*onggi, "stop", *_NAMES)
    return Measurement(
        f"{FLEET} containers stopped by one command",
        "s",
        {"limit": [0.0], "onggi": [seconds]},
        "limit",
        FLEET * 0.1,
        "no limit but the processes' own",
    )


def monitors(ring: Ring) -> Measurement:
    """The median proportional set size of a hundred monitors."""
    onggi = ring.onggi.command()
    with _fleet(ring):
        time.sleep(1)
        figures = [pss(monitor_of(onggi, name)) for name in _NAMES]
    series = {"limit": [0.0], "onggi": [statistics.median(figures)]}
    return Measurement(
        f"memory of each of {FLEET} idle monitors", "MB", series, "limit", 10.0, f"PSS; the biggest {max(figures):.1f}"
    )


@contextmanager
def _fleet(ring: Ring) -> Iterator[float]:
    """A hundred that run; gives the seconds that their start took."""
    onggi = ring.onggi.command()
    listen = ("sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait")
    try:
        yield at_once([ring.onggi.start(name, "--network", "none", "busybox:1.35", *listen) for name in _NAMES])
    finally:
        command(*onggi, "rm", "-f", *_NAMES)


def at_once(commands: Sequence[Sequence[str]]) -> float:
    """Seconds until the last of them has ended; one that fails ends the benchmark."""
    start = time.perf_counter()
    running = [subprocess.Popen(argv, stdout=subprocess.DEVNULL) for argv in commands]
    for process in running:
        if process.wait() != 0:
            raise SystemExit(f"{process.args!r} failed")
    return time.perf_counter() - start
