"""What clients give up by a name."""

from __future__ import annotations

import pytest

from onggi.api.underway import Underway
from onggi.solve.ports import Cancel


def test_those_of_a_name_are_given_up() -> None:
    underway = Underway()
    first, second, other = Cancel(), Cancel(), Cancel()
    with underway.open("a", first), underway.open("a", second), underway.open("b", other):
        underway.cancel("nosuch")
        underway.cancel("a")
        assert (first.is_set, second.is_set, other.is_set) == (True, True, False)


def test_what_has_ended_is_not_known_any_more() -> None:
    underway, cancel = Underway(), Cancel()
    with pytest.raises(ZeroDivisionError), underway.open("a", cancel):
        raise ZeroDivisionError
    underway.cancel("a")
    assert not cancel.is_set
