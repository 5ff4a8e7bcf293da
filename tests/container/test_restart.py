"""Restart policies: Docker's rules."""

from __future__ import annotations

import itertools

import pytest

from onggi.container import restart
from onggi.container.restart import Succession


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


# What a person, its health and its policy say together.


def test_a_policy_ends_after_so_many_rounds() -> None:
    rounds = Succession(("on-failure", 2))
    delays = []
    while (delay := rounds.next_delay(exit_code=1, seconds=0.5)) is not None:
        delays.append(delay)
        rounds.go_on()
    assert delays == [0.1, 0.2]
    assert rounds.count == 2


@pytest.mark.parametrize(
    ("action", "policy", "ends", "follows"),
    [
        ("none", "always", False, True),
        ("none", "no", False, False),
        ("kill", "no", True, False),
        ("kill", "always", True, True),
        ("restart", "no", True, True),
        ("stop", "always", True, False),
    ],
)
def test_health_ends_a_round_and_says_whether_another_follows(
    action: str, policy: str, ends: bool, follows: bool
) -> None:
    rounds = Succession((policy, 0))
    assert rounds.fall_ill(action, "1 probe failed") is ends
    assert (rounds.next_delay(exit_code=0, seconds=1) is not None) is follows
    assert rounds.ill_health == ("1 probe failed" if ends else "")


def test_a_persons_word_counts_for_more_than_health() -> None:
    rounds = Succession(("always", 0))
    assert rounds.fall_ill("restart", "1 probe failed")
    rounds.stop()
    assert rounds.next_delay(exit_code=1, seconds=1) is None
    rounds = Succession(("always", 0))
    rounds.stop()
    assert not rounds.fall_ill("restart", "1 probe failed"), "its probes fail because it is being ended"
    assert rounds.next_delay(exit_code=1, seconds=1) is None


def test_the_next_round_knows_what_the_last_one_was_ended_for() -> None:
    rounds = Succession(("no", 0))
    rounds.fall_ill("restart", "1 probe failed")
    rounds.go_on()
    assert (rounds.past_ill_health, rounds.ill_health) == ("1 probe failed", "")
    assert rounds.next_delay(exit_code=1, seconds=1) is None, "it was asked for once"
    rounds.go_on()
    assert rounds.past_ill_health == ""
