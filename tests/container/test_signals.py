"""Signals as people write them."""

from __future__ import annotations

import signal

import pytest

from onggi.container import signals
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("SIGTERM", 15),
        ("term", 15),
        ("sigKill", 9),
        ("9", 9),
        ("64", 64),
        ("POLL", 29),
        ("SIGRTMIN", 34),
        ("SIGRTMIN+3", 37),
        ("RTMIN+15", 49),
        ("RTMAX-14", 50),
        ("rtmax", 64),
    ],
)
def test_names_and_numbers(text: str, number: int) -> None:
    assert signals.number(text) == number


@pytest.mark.parametrize(
    "text", ["", "0", "65", "-9", "+9", "٩", "SIGFOO", "SIG", "RTMIN+16", "SIGRTMIN-1", "RTMAX-15"]
)
def test_what_is_no_signal(text: str) -> None:
    with pytest.raises(Invalid, match="is no signal"):
        signals.number(text)


def test_a_slip_gets_a_suggestion() -> None:
    with pytest.raises(Invalid, match="'SIGTREM' is no signal; did you mean SIGTERM"):
        signals.number("SIGTREM")


def test_the_numbers_are_those_of_this_kernel() -> None:
    for known in signal.Signals:
        if known.value < 32:
            assert signals.number(known.name) == known.value
