"""What comes and goes by its name."""

from __future__ import annotations

import threading

import pytest

from onggi.api.buildkit.register import Register
from onggi.errors import Conflict, NotFound

SECONDS = 30.0
"""For what happens at once; where it does not, a test fails."""


def register(patience: float = 0.0, remembered: int = 0) -> Register[int]:
    return Register("no {}", "{} exists", patience, remembered)


def test_a_thing_is_there_until_its_block_ends() -> None:
    known = register()
    with known.open("a", 1):
        assert known.get("a") == 1
        assert known
    assert not known
    with pytest.raises(NotFound, match="no a"):
        known.get("a")


def test_two_things_do_not_have_one_name() -> None:
    known = register(remembered=1)
    with known.open("a", 1), pytest.raises(Conflict, match="a exists"), known.open("a", 2):
        pass
    with known.open("a", 3):  # what has gone is in nobody's way
        assert known.get("a") == 3


def test_who_asks_first_waits() -> None:
    known, found = register(SECONDS), list[int]()
    asks = threading.Thread(target=lambda: found.append(known.get("a")))
    asks.start()
    with known.open("a", 1):
        asks.join(SECONDS)
    assert found == [1]


def test_no_name_is_waited_for_in_vain() -> None:
    with pytest.raises(NotFound):
        register(SECONDS).get("")


def test_the_last_that_have_gone_are_found() -> None:
    known = register(remembered=2)
    for name, thing in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        with known.open(name, thing):
            pass
    assert (known.get("a"), known.get("c")) == (3, 4)
    with pytest.raises(NotFound):
        known.get("b")
