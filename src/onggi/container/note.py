"""What a person should know of a container besides its state, in one sentence: why it ended, or why it does not get
well. `ps` and `inspect` show it, where Docker says `Exited (137)`."""

from __future__ import annotations

from onggi.amounts import human_duration, human_size
from onggi.container.health import failed
from onggi.container.life import KILLED
from onggi.container.restart import LASTING
from onggi.container.spec import ContainerSpec
from onggi.container.state import State

LEAST_ROUNDS = 3
"""So often a container was started again when that is a loop, and no mishap."""

_LOST_PORTS = (
    "has lost its published ports: the process that kept them was killed; its successor is tried again and again,"
    " `onggi system check` tells what is in the way"
)


def note(state: State, spec: ContainerSpec, now: float, *, has_ports: bool = True) -> str:
    """A sentence without its subject: "ran out of memory: …"; "" where there is nothing to say. `now` is seconds since
    the epoch. has_ports: what it has published is kept."""
    return (
        _memory(state, spec.resources.memory)
        or _rounds(state, spec, now)
        or _health(state, spec)
        or state.error
        or ("" if has_ports else _LOST_PORTS)
    )


def _memory(state: State, limit: int) -> str:
    if not state.oom_killed:
        return ""
    why = f"its limit is {human_size(limit, 3)}" if limit else "the host had no more, as it has no limit of its own"
    if state.exit_code == KILLED:
        return f"ran out of memory and was killed: {why}"
    return f"a process in it ran out of memory and was killed: {why}"


def _rounds(state: State, spec: ContainerSpec, now: float) -> str:
    rounds = _many_rounds(state, spec, now)
    return f"{rounds}; it was unhealthy: {state.ill_health}" if rounds and state.ill_health else rounds


def _many_rounds(state: State, spec: ContainerSpec, now: float) -> str:
    count = state.restart_count
    if state.status == "exited" and state.exit_code and 0 < spec.restart.most <= count:
        return f"was started again {_times(count)}, as often as its restart policy allows, and failed each time"
    ended = state.finished_at if state.status == "restarting" else now
    if count < LEAST_ROUNDS or state.status not in ("restarting", "running") or ended - state.started_at > LASTING:
        return ""
    if state.status == "running":
        return f"was started again {_times(count)}, the last time just now"
    lasted = human_duration(ended - state.started_at).lower()
    return f"was started again {_times(count)}; the last time it ran for {lasted}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _health(state: State, spec: ContainerSpec) -> str:
    health = state.health
    if state.status == "running" and health and health.status == "unhealthy":
        said = next((probe.output for probe in reversed(health.log) if probe.exit_code), "")
        return f"is unhealthy: {failed(health.failing_streak, said)}"
    return f"{_deed(state, spec)} because it was unhealthy: {state.ill_health}" if state.ill_health else ""


def _deed(state: State, spec: ContainerSpec) -> str:
    """What was done for its health's sake."""
    if state.status == "restarting":
        return "is being started again"
    if state.status != "exited":
        return "was started again"
    return "was killed" if spec.health and spec.health.on_failure == "kill" else "was stopped"
