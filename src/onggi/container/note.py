"""What a person should know of a container besides its state, in one sentence: why it ended, or why it does not get
well. `ps` and `inspect` show it, where Docker says `Exited (137)`."""

from __future__ import annotations

from onggi.amounts import human_duration, human_size
from onggi.container.restart import LASTING
from onggi.container.spec import ContainerSpec
from onggi.container.state import KILLED, State

LEAST_ROUNDS = 3
"""So often a container was started again when that is a loop, and no mishap."""


def note(state: State, spec: ContainerSpec, now: float) -> str:
    """A sentence without its subject: "ran out of memory: …"; "" where there is nothing to say. `now` is seconds since
    the epoch."""
    return _memory(state, spec.resources.memory) or _rounds(state, spec, now) or _health(state) or state.error


def _memory(state: State, limit: int) -> str:
    if not state.oom_killed:
        return ""
    why = f"its limit is {human_size(limit, 3)}" if limit else "the host had no more, as it has no limit of its own"
    if state.exit_code == KILLED:
        return f"ran out of memory and was killed: {why}"
    return f"a process in it ran out of memory and was killed: {why}"


def _rounds(state: State, spec: ContainerSpec, now: float) -> str:
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


def _health(state: State) -> str:
    health = state.health
    if health is None or health.status != "unhealthy" or state.status != "running":
        return ""
    said = next((probe.output.strip() for probe in reversed(health.log) if probe.exit_code), "")
    streak = health.failing_streak
    failed = f"is unhealthy: {'1 probe' if streak == 1 else f'{streak} probes in a row'} failed"
    return f"{failed}; the last said: {said.splitlines()[-1]}" if said else failed
