"""The most memory that a build holds: of the process tree, as the kernel counts it when the command ends."""

from __future__ import annotations

import subprocess
import sys
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
        peaks.append(peak(ring.onggi.build(context)))
    return Measurement(name, "MB", {"limit": [0.0], "onggi": peaks}, "limit", _MUST, "the largest resident set")


_TELL = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def peak(argv: list[str]) -> float:
    """Megabytes (ru_maxrss, getrusage(2)) of a command and of the children that it waited for. A process begins with
    the mark of the one that started it, so it is started by a small one, and not by this, which may be large."""
    told = subprocess.run([sys.executable, "-I", "-S", "-c", _TELL, *argv], capture_output=True, text=True, check=True)
    code, kilobytes = map(int, told.stdout.split())
    if code:
        raise SystemExit(f"{' '.join(argv)} failed with {code}")
    return kilobytes / 1000
