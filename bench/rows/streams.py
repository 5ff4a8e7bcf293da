"""1 GB through a container, into a container's log, and out of that."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Measurement, Work, command, take_turns, timed
from bench.ring import Ring

_SIZE = 1_000_000_000
_LINES = f"busybox yes {'x' * 99} | busybox head -c {_SIZE}"


def through_cat(ring: Ring) -> Measurement:
    """Bytes that are no text, with the log that is kept of them."""
    source = ring.work / "bytes"
    command("dd", "if=/dev/urandom", f"of={source}", "bs=1000000", f"count={_SIZE // 1_000_000}")
    works = {"limit": timed("sh", "-c", f"cat {source} | cat | cat > /dev/null")}
    for tool in ring.tools:
        if argv := tool.run("cat"):
            works[tool.name] = _fed(argv, source)
    series = take_turns(works, ring.runs)
    source.unlink()
    return Measurement("1 GB through run -i IMAGE cat", "s", series, "limit", 2.0, "limit: cat | cat | cat")


def into_the_log(ring: Ring) -> Measurement:
    """Lines of 100 bytes, with nobody attached; of them the default driver keeps the last 30 MB."""
    file = ring.work / "lines"

    def write() -> float:
        start = time.perf_counter()
        with _logged(ring):
            return time.perf_counter() - start

    works = {"limit": timed("sh", "-c", f"{_LINES} > {file}"), "onggi": write}
    series = take_turns(works, ring.runs)
    file.unlink()
    return Measurement(
        "a container logs 1 GB of lines", "s", series, "limit", 10.0, "limit: the same program on the host, into a file"
    )


def out_of_the_log(ring: Ring) -> Measurement:
    with _logged(ring, "--log-opt", "max-size=2g") as container:
        log = ring.onggi.root / "containers" / container / "container.log"
        works = {"limit": timed("cat", log), "onggi": timed(*ring.onggi.command(), "logs", container)}
        series = take_turns(works, ring.runs)
    return Measurement("logs of 1 GB", "s", series, "limit", 10.0, "limit: cat of the file")


def the_end_of_the_log(ring: Ring) -> Measurement:
    """Of the longest way: a file in which a line has its time in its text."""
    with _logged(ring, "--log-driver", "json-file") as container:
        logs = [*ring.onggi.command(), "logs", container]
        last = subprocess.run([*logs, "-t", "--tail", "1"], check=True, capture_output=True, text=True).stdout
        works = {
            "limit": timed("tail", "-n", "1", _json_file(ring, container)),
            "onggi": timed(*logs, "--since", last.split()[0]),
        }
        series = take_turns(works, ring.runs)
    return Measurement("logs --since of a 1 GB json-file", "s", series, "limit", 0.2, "limit: tail -n 1")


def _json_file(ring: Ring, container: str) -> Path:
    return ring.onggi.root / "containers" / container / f"{container}-json.log"


def _fed(argv: list[str], source: Path) -> Work:
    """A run with the file as its stdin."""
    argv = [*argv[: argv.index("run") + 1], "-i", *argv[argv.index("run") + 1 :]]

    def work() -> float:
        start = time.perf_counter()
        with source.open("rb") as stdin:
            subprocess.run(argv, stdin=stdin, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    return work


@contextmanager
def _logged(ring: Ring, *options: str) -> Iterator[str]:
    """A container that has written its gigabyte."""
    start = ring.onggi.run("sh", "-c", _LINES)
    start[start.index("--rm") : start.index("--rm") + 1] = ["-d", *options]
    container = subprocess.run(start, check=True, capture_output=True, text=True).stdout.strip()
    try:
        command(*ring.onggi.command(), "wait", container)
        yield container
    finally:
        command(*ring.onggi.command(), "rm", "-f", container)
