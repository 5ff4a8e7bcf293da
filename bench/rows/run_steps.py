"""20 trivial RUN steps: nothing cached, then all cached. The limits: 20 bare launches, and python's start."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.measure import Measurement, take_turns, timed
from bench.ring import Ring

STEPS = 20


def context(ring: Ring) -> Path:
    steps = "".join(f"RUN echo {number} > /file{number}\n" for number in range(STEPS))
    return ring.context("run-steps", {"Dockerfile": f"FROM busybox:1.35\n{steps}"})


def cold(ring: Ring) -> Measurement:
    folder = context(ring)
    bare = "unshare --mount --pid --net --uts --ipc --cgroup --fork /bin/true"
    works = {"limit": timed("sh", "-c", f"i=0; while [ $i -lt {STEPS} ]; do {bare}; i=$((i+1)); done")}
    works |= {tool.name: timed(*tool.build(folder, no_cache=True)) for tool in ring.tools}
    return Measurement(
        f"{STEPS} trivial RUN steps, no cache",
        "s",
        take_turns(works, ring.runs),
        "limit",
        0.8,
        f"limit: {STEPS} × unshare",
    )


def cached(ring: Ring) -> Measurement:
    folder = context(ring)
    works = {"limit": timed(sys.executable, "-I", "-c", "pass")}
    works |= {tool.name: timed(*tool.build(folder)) for tool in ring.tools}
    return Measurement(
        "the same, all cached", "s", take_turns(works, ring.runs), "limit", 0.15, "limit: python's start"
    )
