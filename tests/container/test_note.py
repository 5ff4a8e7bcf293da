from __future__ import annotations

import pytest

from onggi.container.note import note
from onggi.container.spec import ContainerSpec, Health, Resources, RestartPolicy
from onggi.container.state import HealthState, Probe, State

LIMITED = ContainerSpec(image="a", resources=Resources(memory=64 << 20))
FIVE = ContainerSpec(image="a", restart=RestartPolicy("on-failure", 5))
ALWAYS = ContainerSpec(image="a", restart=RestartPolicy("always"))
NOW = 1000.0
SAID = "3 probes in a row failed; the last said: refused"


def probe(exit_code: int, output: str) -> Probe:
    return Probe(start=1.0, end=2.0, exit_code=exit_code, output=output)


ILL = HealthState(
    status="unhealthy", failing_streak=3, log=(probe(0, "fine"), probe(1, "trying\nrefused\n"), probe(0, ""))
)
CASES = {
    "nothing to say": (State(status="running", started_at=NOW - 100), ALWAYS, ""),
    "killed at its limit": (
        State(status="exited", exit_code=137, oom_killed=True),
        LIMITED,
        "ran out of memory and was killed: its limit is 67.1MB",
    ),
    "killed without a limit": (
        State(status="exited", exit_code=137, oom_killed=True),
        ALWAYS,
        "ran out of memory and was killed: the host had no more, as it has no limit of its own",
    ),
    "a child was killed": (
        State(status="exited", exit_code=1, oom_killed=True),
        LIMITED,
        "a process in it ran out of memory and was killed: its limit is 67.1MB",
    ),
    "a loop": (
        State(status="restarting", restart_count=12, started_at=NOW - 60, finished_at=NOW - 59.8, exit_code=1),
        ALWAYS,
        "was started again 12 times; the last time it ran for less than a second",
    ),
    "in the middle of a loop": (
        State(status="running", restart_count=12, started_at=NOW - 2, finished_at=NOW - 40),
        ALWAYS,
        "was started again 12 times, the last time just now",
    ),
    "it recovered": (State(status="running", restart_count=12, started_at=NOW - 60), ALWAYS, ""),
    "a mishap": (State(status="restarting", restart_count=1, started_at=NOW - 2, finished_at=NOW), ALWAYS, ""),
    "it had lasted": (State(status="restarting", restart_count=9, started_at=NOW - 90, finished_at=NOW), ALWAYS, ""),
    "given up": (
        State(status="exited", restart_count=5, exit_code=1),
        FIVE,
        "was started again 5 times, as often as its restart policy allows, and failed each time",
    ),
    "given up at once": (
        State(status="exited", restart_count=1, exit_code=1),
        ContainerSpec(image="a", restart=RestartPolicy("on-failure", 1)),
        "was started again once, as often as its restart policy allows, and failed each time",
    ),
    "it succeeded in the end": (State(status="exited", restart_count=5, exit_code=0), FIVE, ""),
    "unhealthy": (
        State(status="running", health=ILL),
        ALWAYS,
        "is unhealthy: 3 probes in a row failed; the last said: refused",
    ),
    "unhealthy without a word": (
        State(status="running", health=HealthState(status="unhealthy", failing_streak=3)),
        ALWAYS,
        "is unhealthy: 3 probes in a row failed",
    ),
    "unhealthy after one": (
        State(status="running", health=HealthState(status="unhealthy", failing_streak=1)),
        ALWAYS,
        "is unhealthy: 1 probe failed",
    ),
    "it was unhealthy": (State(status="exited", health=ILL), ALWAYS, ""),
    "stopped for its health": (
        State(status="exited", exit_code=137, health=ILL, ill_health=SAID),
        ContainerSpec(image="a", health=Health(on_failure="stop")),
        "was stopped because it was unhealthy: 3 probes in a row failed; the last said: refused",
    ),
    "killed for its health": (
        State(status="exited", exit_code=137, health=ILL, ill_health=SAID),
        ContainerSpec(image="a", health=Health(on_failure="kill")),
        "was killed because it was unhealthy: 3 probes in a row failed; the last said: refused",
    ),
    "between two rounds for its health": (
        State(status="restarting", restart_count=1, health=ILL, ill_health=SAID),
        ALWAYS,
        "is being started again because it was unhealthy: 3 probes in a row failed; the last said: refused",
    ),
    "started again for its health": (
        State(status="running", restart_count=1, started_at=NOW - 2, ill_health=SAID),
        ALWAYS,
        "was started again because it was unhealthy: 3 probes in a row failed; the last said: refused",
    ),
    "a loop for its health": (
        State(status="running", restart_count=12, started_at=NOW - 2, ill_health=SAID),
        ALWAYS,
        "was started again 12 times, the last time just now; it was unhealthy: 3 probes in a row failed; "
        "the last said: refused",
    ),
    "ill again": (
        State(status="running", restart_count=1, started_at=NOW - 90, health=ILL, ill_health="1 probe failed"),
        ALWAYS,
        "is unhealthy: 3 probes in a row failed; the last said: refused",
    ),
    "an error": (State(status="exited", error="its monitor was killed"), ALWAYS, "its monitor was killed"),
}


@pytest.mark.parametrize(("state", "spec", "sentence"), CASES.values(), ids=CASES)
def test_what_one_should_know(state: State, spec: ContainerSpec, sentence: str) -> None:
    assert note(state, spec, NOW) == sentence
