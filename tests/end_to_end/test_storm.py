"""A hundred starts, each ended by SIGKILL at an instant of its own: of the launcher, the monitor or the container."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest
from tests.instants import spread

from onggi.container.spec import ContainerSpec, Process, Tmpfs
from onggi.engine.engine import Engine
from onggi.errors import OnggiError
from onggi.linux import cgroup
from onggi.settings import Settings

from .conftest import Onggi
from .test_kill import check

STARTS = 100
MARK = "86400.5"
SPEC = ContainerSpec(
    image="busybox:1.35",
    process=Process(command=("sh", "-c", f"sleep {MARK} & sleep {MARK}")),
    mounts=(Tmpfs("/scratch"),),
)


def processes_in(folder: Path) -> list[int]:
    """Who works in it: the container's monitor does."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
    return found


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def storm(engine: Engine, instant: float, chance: random.Random) -> tuple[str, bool]:
    """One start and one kill, so many seconds later; the container's ID, and whether it had come to run."""
    container = engine.containers.create(SPEC)
    home = engine.settings.root / "containers" / container
    errors: list[BaseException] = []

    def start() -> None:
        try:
            engine.containers.start(container)
        except OnggiError as error:
            errors.append(error)

    starting = threading.Thread(target=start)
    starting.start()
    time.sleep(instant)
    victim = chance.choice(["launcher", "monitor", "monitor", "container"])
    if victim == "launcher":
        kill([engine.launcher.pid])
    elif victim == "monitor":
        kill(processes_in(home))
    starting.join()
    if victim == "container" and (pid := engine.containers.inspect(container)["State"]["Pid"]):
        kill([pid])
    return container, not errors


@pytest.mark.slow
def test_nothing_is_left_of_what_was_killed(onggi: Onggi) -> None:
    chance = random.Random(20261121)
    known: list[str] = []
    ran = 0
    with Engine(Settings(root=onggi.root)) as engine:
        for number, instant in enumerate(spread(STARTS, 0.04)):
            container, has_run = storm(engine, instant, chance)
            known.append(container)
            ran += has_run
            if number % 2:
                engine.containers.remove(known.pop(chance.randrange(len(known))), force=True)
        for container in known:
            engine.containers.remove(container, force=True)
        assert engine.containers.list(all=True) == []
    assert STARTS / 4 < ran < STARTS, "some were killed before, some after they ran"
    deadline = time.monotonic() + 20
    while left := leavings(str(onggi.root)):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    check(onggi)


def leavings(root: str) -> list[str]:
    """Processes of the storm, mounts of its store, and cgroups that are nobody's after a sweep."""
    found = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if root in line]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
                if MARK in line or str((entry / "cwd").readlink()).startswith(f"{root}/"):
                    found.append(line)
    cgroup.sweep()
    return [*found, *cgroup.abandoned()]
