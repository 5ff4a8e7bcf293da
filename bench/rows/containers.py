"""Starting a container, and what onggi costs while nothing happens."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Measurement, command, take_turns, timed
from bench.ring import Ring
from onggi.container.spec import ContainerSpec, Process
from onggi.engine.engine import Engine
from onggi.settings import Settings

MANY = 1000


def run_true(ring: Ring) -> Measurement:
    works = {
        "limit": timed("unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork", "/bin/true")
    }
    for tool in ring.tools:
        if argv := tool.run("true"):
            works[tool.name] = timed(*argv)
    return Measurement("run --rm IMAGE true", "s", take_turns(works, ring.runs), "limit", 0.15, "limit: unshare true")


def idle_engine(ring: Ring) -> Measurement:
    """Megabytes of processes that serve the store while no command runs: there is no daemon, so there are none."""
    root = str(ring.onggi.root)
    found = [pid for pid in processes() if root in _words(pid)]
    return Measurement(
        "memory of an idle engine",
        "MB",
        {"limit": [0.0], "onggi": [sum(map(pss, found))]},
        "limit",
        0.0,
        f"{len(found)} processes",
    )


def monitor(ring: Ring) -> Measurement:
    """The proportional set size of the process that watches over one idle container."""
    onggi = ring.onggi.command()
    command(*ring.onggi.start("bench-idle", "--network", "none", "busybox:1.35", "sleep", "600"))
    try:
        time.sleep(1)
        figures = [pss(monitor_of(onggi, "bench-idle"))]
    finally:
        command(*onggi, "rm", "-f", "bench-idle")
    return Measurement(
        "memory of an idle container's monitor", "MB", {"limit": [0.0], "onggi": figures}, "limit", 10.0, "PSS"
    )


def ps_of_many(ring: Ring) -> Measurement:
    """Listing the containers of a store that holds a thousand."""
    onggi = ring.onggi.command()
    with Engine(Settings(root=ring.onggi.root)) as engine:
        for _ in range(MANY):
            engine.containers.create(ContainerSpec(image="busybox:1.35", process=Process(command=("true",))))
    try:
        works = {"limit": timed(sys.executable, "-c", "pass"), "onggi": timed(*onggi, "ps", "-a")}
        series = take_turns(works, ring.runs)
    finally:
        command(*onggi, "container", "prune", "-f")
    return Measurement(f"ps -a of {MANY:,} containers", "s", series, "limit", 0.3, "limit: python start")


def processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def pid_of(onggi: Sequence[str], container: str) -> int:
    """Its first process."""
    argv = [*onggi, "inspect", "-f", "{{.State.Pid}}", container]
    return int(subprocess.run(argv, check=True, capture_output=True).stdout)


def monitor_of(onggi: Sequence[str], container: str) -> int:
    """The parent of its first process."""
    return int(Path(f"/proc/{pid_of(onggi, container)}/stat").read_text().rpartition(")")[2].split()[1])


def pss(pid: int) -> float:
    """The proportional set size of a process, in megabytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no Pss in smaps_rollup of {pid}")
