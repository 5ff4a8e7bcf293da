"""When a container is well: the rules over probes, and the plan of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.container.health import HEALTHY, STARTING, UNHEALTHY, Timing, failed, judge
from onggi.container.health_plan import PortProbe, health_plan
from onggi.container.op import Plan
from onggi.container.rootfs import Credentials
from onggi.container.spec import ContainerSpec, Health, Process
from onggi.errors import Invalid
from onggi.oci.config import Healthcheck

from .test_plan import HOST

SECOND = 1_000_000_000


def test_one_success_is_enough_at_any_time() -> None:
    timing = Timing(start_period=60)
    assert judge(STARTING, 0, True, timing, 1) == (HEALTHY, 0)
    assert judge(UNHEALTHY, 7, True, timing, 100) == (HEALTHY, 0)


def test_failures_in_the_start_period_do_not_count() -> None:
    timing = Timing(start_period=60, retries=1)
    assert judge(STARTING, 0, False, timing, 59) == (STARTING, 0)
    assert judge(STARTING, 0, False, timing, 60) == (UNHEALTHY, 1)


def test_the_start_period_ends_with_the_first_success() -> None:
    assert judge(HEALTHY, 0, False, Timing(start_period=60, retries=1), 1) == (UNHEALTHY, 1)


@given(st.lists(st.booleans()), st.integers(1, 5))
def test_unhealthy_after_as_many_failures_in_a_row_as_retries_say(results: list[bool], retries: int) -> None:
    status, streak = STARTING, 0
    for result in results:
        status, streak = judge(status, streak, result, Timing(retries=retries), 0)
    trailing = len(results) - len("".join("x" if result else " " for result in results).rstrip(" "))
    assert streak == trailing
    if streak >= retries:
        assert status == UNHEALTHY
    elif results and results[-1]:
        assert status == HEALTHY


def test_what_is_wrong() -> None:
    assert failed(1, "") == "1 probe failed"
    assert failed(3, "trying\nrefused\n") == "3 probes in a row failed; the last said: refused"


def test_dockers_defaults() -> None:
    timing = Timing()
    assert (timing.interval, timing.timeout, timing.start_period, timing.start_interval, timing.retries) == (
        30,
        30,
        0,
        5,
        3,
    )
    assert Timing(start_period=10).next_wait(STARTING, 9) == 5
    assert Timing(start_period=10).next_wait(STARTING, 10) == 30
    assert Timing(start_period=10).next_wait(HEALTHY, 1) == 30


def spec(health: Health | None, shell: tuple[str, ...] = ()) -> ContainerSpec:
    process = Process(entrypoint=(), command=("sleep",), environment=("A=1",), working_directory="/app")
    return ContainerSpec(image="x", process=process, health=health, shell=shell)


def argv(test: tuple[str, ...], shell: tuple[str, ...] = ()) -> tuple[str, ...]:
    made = health_plan(spec(Health(check=Healthcheck(test=test)), shell), Credentials(), HOST)
    assert made is not None
    assert isinstance(made.probe, Plan)
    return made.probe.argv


def test_the_program_of_a_probe() -> None:
    assert argv(("CMD", "curl", "-f", "x")) == ("curl", "-f", "x")
    assert argv(("CMD-SHELL", "curl -f x")) == ("/bin/sh", "-c", "curl -f x")
    assert argv(("CMD-SHELL", "curl -f x"), ("/bin/bash", "-ec")) == ("/bin/bash", "-ec", "curl -f x")


def test_times_are_seconds() -> None:
    check = Healthcheck(test=("CMD", "x"), interval=SECOND, timeout=SECOND // 2, retries=2)
    made = health_plan(spec(Health(check=check, on_failure="kill")), Credentials(), HOST)
    assert made is not None
    assert (made.timing["interval"], made.timing["timeout"], made.timing["retries"]) == (1, 0.5, 2)
    assert made.on_failure == "kill"


@pytest.mark.parametrize(
    ("health", "probe"),
    [
        (Health(http=":3000/healthz?x=1"), PortProbe(3000, "/healthz?x=1")),
        (Health(http="3000"), PortProbe(3000, "/")),
        (Health(tcp=":3306"), PortProbe(3306)),
    ],
)
def test_probes_without_a_program(health: Health, probe: PortProbe) -> None:
    made = health_plan(spec(health), Credentials(), HOST)
    assert made is not None
    assert made.probe == probe


@pytest.mark.parametrize("text", ["", "x", "0", "65536", "-1", "١"])
def test_a_port_that_is_none(text: str) -> None:
    with pytest.raises(Invalid, match="invalid port"):
        health_plan(spec(Health(tcp=f":{text}")), Credentials(), HOST)


def test_no_health_check() -> None:
    assert health_plan(spec(None), Credentials(), HOST) is None
