"""The most memory that a build holds: of the process tree, as the kernel counts it when the command ends."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.measure import Measurement
from bench.ring import Ring
from bench.rows import copy_files

_MUST = 150.0  # megabytes


def of_many_files(ring: Ring) -> Measurement:
    context = copy_files.tree(ring)
    return _row(ring, context, "memory of a build of 20,000 small files", lambda: copy_files.tree(ring))


def of_a_large_file(ring: Ring) -> Measurement:
    context = copy_files.large_context(ring)
    return _row(ring, context, "memory of a build of one 512 MB file", lambda: copy_files.large_context(ring))


def _row(ring: Ring, context: Path, name: str, fresh: Callable[[], object]) -> Measurement:
    peaks = []
    for _ in range(min(ring.runs, 2)):
        fresh()
        peaks.append(_peak(ring.onggi.build(context)))
    return Measurement(name, "MB", {"limit": [0.0], "onggi": peaks}, "limit", _MUST, "the largest resident set")


def _peak(argv: list[str]) -> float:
    """Megabytes (ru_maxrss, getrusage(2)) of a command and of the children that it waited for."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(argv)} failed with {process.returncode}")
    return usage.ru_maxrss / 1000
