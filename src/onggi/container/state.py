"""The states of a container, what moves it from one to the next, and how `ps` says it.

A container is `created` when its spec and folders are there and nothing runs. `start` makes it `running`, once execve
has succeeded; a start that fails leaves it `created` (it never ran) or `exited` (it had run before), with the error
kept beside the state. `pause` freezes the processes and `unpause` lets them go on; signals other than KILL wait
meanwhile. When the first process ends it is `exited`, with its exit code, unless its restart policy wants another
round: then it is `restarting` until the delay is over, and `start` makes it `running` again. `stop` on a restarting
container cancels the round that is due.

`remove` is a state of its own, `removing`, because folders take time to delete and a crash may come in between: a
container found in it is removed by whoever finds it. If that fails, for a mount that is busy say, it is `dead`: it
cannot be started, only removed again. When removal succeeds the row is gone, so no state says it.

Two facts beside the table. A forced removal is a kill, an exit and then a removal: no event of its own. And the state
in a container's folder is written by its monitor; a state that says `running` while nobody holds the monitor's lock
means that the monitor was killed, so `lost` moves it to exited (137, as if killed).

      created ──start──→ running ──exit──→ exited ──start──→ running
                         │   ↑  └──retry──→ restarting ──start──→ running
                       pause unpause
                         ↓   │
                         paused

The words are Docker's, and so is the way `ps` says them ("Up 3 minutes (Paused)").
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from onggi.amounts import human_duration
from onggi.errors import Conflict

Status: TypeAlias = Literal["created", "running", "paused", "restarting", "exited", "removing", "dead"]
Event: TypeAlias = Literal["start", "pause", "unpause", "exit", "retry", "lost", "remove", "fail"]

TABLE: dict[tuple[Status, Event], Status] = {
    ("created", "start"): "running",
    ("created", "remove"): "removing",
    ("running", "pause"): "paused",
    ("running", "exit"): "exited",
    ("running", "retry"): "restarting",
    ("running", "lost"): "exited",
    ("paused", "unpause"): "running",
    ("paused", "exit"): "exited",
    ("paused", "lost"): "exited",
    ("restarting", "start"): "running",
    ("restarting", "exit"): "exited",
    ("restarting", "lost"): "exited",
    ("exited", "start"): "running",
    ("exited", "remove"): "removing",
    ("removing", "remove"): "removing",
    ("removing", "fail"): "dead",
    ("dead", "remove"): "removing",
}

# Why an event is refused, where the state alone says it badly.
_REFUSALS: dict[tuple[Status, Event], tuple[str, str]] = {
    ("running", "start"): ("is already running", ""),
    ("paused", "start"): ("is paused", "unpause it first"),
    ("running", "remove"): ("is running", "stop it first, or remove it with --force"),
    ("paused", "remove"): ("is paused", "unpause and stop it first, or remove it with --force"),
    ("restarting", "remove"): ("is restarting", "stop it first, or remove it with --force"),
    ("paused", "pause"): ("is already paused", ""),
    ("restarting", "pause"): ("is restarting", "wait until it is running"),
    ("running", "unpause"): ("is not paused", ""),
    ("restarting", "unpause"): ("is not paused", ""),
    ("removing", "start"): ("is being removed", ""),
    ("dead", "start"): ("could not be removed completely and cannot be started", "remove it again"),
}

KILLED = 137
"""The exit code of a container whose monitor was lost: 128 + SIGKILL."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a container's health. Times are seconds since the epoch; `exit_code` is -1 for one that took too long
    or could not run, and `output` what it wrote, or why."""

    start: float
    end: float
    exit_code: int
    output: str


class HealthState(msgspec.Struct, frozen=True, kw_only=True):
    """What the probes say (see health.py); `log` holds the last few, oldest first."""

    status: Literal["starting", "healthy", "unhealthy"]
    failing_streak: int = 0
    log: tuple[Probe, ...] = ()


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where a container is in its life: what its monitor writes. Times are seconds since the epoch, 0 for never; `pid`
    is 0 when nothing runs; `error` is why a start failed. `was_stopped`: a person ended it, so that it does not start
    again by itself. `restart_count`: how often its policy started it again since a person did. `execs`: IDs of the
    further processes that run in it."""

    status: Status = "created"
    pid: int = 0
    exit_code: int = 0
    started_at: float = 0.0
    finished_at: float = 0.0
    error: str = ""
    oom_killed: bool = False
    was_stopped: bool = False
    restart_count: int = 0
    health: HealthState | None = None
    execs: tuple[str, ...] = ()


def advance(status: Status, event: Event, name: str) -> Status:
    """The next state of container `name`; raises Conflict where the table has none."""
    following = TABLE.get((status, event))
    if following is None:
        reason, hint = _REFUSALS.get((status, event), (f"is {status}, so it cannot {event}", ""))
        raise Conflict(f"container {name} {reason}", hint=hint)
    return following


def status_words(state: State, now: float) -> str:
    """Docker's STATUS column: "Created", "Up 3 minutes (Paused)", "Exited (0) 5 seconds ago", …"""
    up = f"Up {human_duration(now - state.started_at)}"
    gone = f"({state.exit_code}) {human_duration(now - state.finished_at)} ago"
    words: dict[Status, str] = {
        "created": "Created",
        "running": f"{up}{_health_words(state.health)}",
        "paused": f"{up} (Paused)",
        "restarting": f"Restarting {gone}",
        "exited": f"Exited {gone}",
        "removing": "Removal In Progress",
        "dead": "Dead",
    }
    return words[state.status]


def _health_words(health: HealthState | None) -> str:
    if health is None:
        return ""
    return " (health: starting)" if health.status == "starting" else f" ({health.status})"
