"""Restart policies: Docker's rules."""

from __future__ import annotations

import itertools

import pytest

from onggi.container import restart


@pytest.mark.parametrize(
    ("name", "most", "exit_code", "rounds", "was_stopped", "expected"),
    [
        ("no", 0, 1, 0, False, False),
        ("always", 0, 0, 100, False, True),
        ("always", 0, 137, 0, True, False),
        ("unless-stopped", 0, 0, 0, False, True),
        ("unless-stopped", 0, 0, 0, True, False),
        ("on-failure", 0, 0, 0, False, False),
        ("on-failure", 0, 1, 1000, False, True),
        ("on-failure", 3, 1, 2, False, True),
        ("on-failure", 3, 1, 3, False, False),
        ("on-failure", 3, 1, 0, True, False),
    ],
)
def test_another_round(name: str, most: int, exit_code: int, rounds: int, was_stopped: bool, expected: bool) -> None:
    got = restart.wants_another(name, most, exit_code=exit_code, rounds=rounds, was_stopped=was_stopped)
    assert got is expected


def test_the_delay_doubles_up_to_a_minute() -> None:
    delays = list(itertools.accumulate(range(12), lambda before, _: restart.next_delay(before, 0.5), initial=0.0))[1:]
    assert delays[:5] == [0.1, 0.2, 0.4, 0.8, 1.6]
    assert delays[-2:] == [60.0, 60.0]


def test_a_round_that_lasted_begins_the_delays_anew() -> None:
    assert restart.next_delay(51.2, 10.0) == 0.1
    assert restart.next_delay(51.2, 9.9) == 60.0


@pytest.mark.parametrize(
    ("name", "exit_code", "was_stopped", "expected"),
    [
        ("no", 137, False, False),
        ("always", 0, True, True),
        ("unless-stopped", 137, False, True),
        ("unless-stopped", 137, True, False),
        ("on-failure", 137, False, True),
        ("on-failure", 0, False, False),
        ("on-failure", 137, True, False),
    ],
)
def test_after_a_reboot(name: str, exit_code: int, was_stopped: bool, expected: bool) -> None:
    assert restart.resumes(name, exit_code=exit_code, was_stopped=was_stopped) is expected
