"""What is known of a container's state: the document that stands in its folder, and how `ps` says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from onggi.amounts import human_duration
from onggi.container.network.port import PortBinding

Status: TypeAlias = Literal["created", "running", "paused", "restarting", "removing", "exited", "dead"]
"""What moves it from one to the next is in life.py."""


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
    again by itself. `restart_count`: how often its policy started it again since a person did. `ill_health`: what its
    probes said, if it was for that that its last round was ended. `execs`: IDs of the further processes that run in
    it. `was_lost`: its monitor was killed, and could not write down its end. `ports`: what is published while it runs,
    each at one address and port of the host."""

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
    ill_health: str = ""
    execs: tuple[str, ...] = ()
    was_lost: bool = False
    ports: tuple[PortBinding, ...] = ()


def status_words(state: State, now: float) -> str:
    """Docker's STATUS column: "Created", "Up 3 minutes (Paused)", "Exited (0) 5 seconds ago", …"""
    return _WORDS[state.status](state, now)


def _up(state: State, now: float) -> str:
    return f"Up {human_duration(now - state.started_at)}"


def _gone(state: State, now: float) -> str:
    return f"({state.exit_code}) {human_duration(now - state.finished_at)} ago"


def _health_words(health: HealthState | None) -> str:
    if health is None:
        return ""
    return " (health: starting)" if health.status == "starting" else f" ({health.status})"


_WORDS: dict[Status, Callable[[State, float], str]] = {
    "created": lambda state, now: "Created",
    "running": lambda state, now: _up(state, now) + _health_words(state.health),
    "paused": lambda state, now: f"{_up(state, now)} (Paused)",
    "restarting": lambda state, now: f"Restarting {_gone(state, now)}",
    "exited": lambda state, now: f"Exited {_gone(state, now)}",
    "removing": lambda state, now: "Removal In Progress",
    "dead": lambda state, now: "Dead",
}
