from __future__ import annotations

import pytest

from onggi.store.prune_filter import EVERYTHING, PruneFilter

LABELS = {"a": "1", "b": ""}


@pytest.mark.parametrize(
    ("only", "takes"),
    [
        (EVERYTHING, True),
        (PruneFilter(until=101.0), True),
        (PruneFilter(until=100.0), False),
        (PruneFilter(labels=("a",)), True),
        (PruneFilter(labels=("a=1", "b")), True),
        (PruneFilter(labels=("a", "c")), False),
        (PruneFilter(labels=("a=2",)), False),
        (PruneFilter(without=("c", "a=2")), True),
        (PruneFilter(without=("c", "a")), False),
        (PruneFilter(until=101.0, labels=("a",), without=("b",)), False),
    ],
)
def test_what_it_takes(only: PruneFilter, takes: bool) -> None:
    assert only.takes(100.0, LABELS) == takes


def test_what_nobody_knows_the_age_of_stays() -> None:
    assert not PruneFilter(until=1e12).takes(None, {})
    assert EVERYTHING.takes(None, {})
