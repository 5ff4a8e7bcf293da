"""What pruning of the build cache leaves."""

from __future__ import annotations

import pytest

from onggi.engine.pruning import Allowance, cache_filter
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("allowance", "left"),
    [
        (Allowance(reserved=30), 30),
        (Allowance(most=40), 40),
        (Allowance(reserved=30, most=40), 40),
        (Allowance(reserved=50, most=40), 50),
        (Allowance(free=500), 100),
        (Allowance(free=520), 80),
        (Allowance(free=520, most=90), 80),
        (Allowance(free=520, most=70), 70),
        (Allowance(free=10_000), 0),
        (Allowance(free=10_000, reserved=30), 30),
    ],
)
def test_what_is_left_of_100_bytes_where_500_are_free(allowance: Allowance, left: int) -> None:
    assert allowance.left(100, 500) == left


def test_nothing_in_the_cache_has_labels() -> None:
    assert not cache_filter({"label": ("a=b",)}, 0).only.takes(0, {})
    assert cache_filter({"label!": ("a=b",)}, 0).only.takes(0, {})
    with pytest.raises(Invalid, match="invalid filter 'colour'"):
        cache_filter({"colour": ("red",)}, 0)
