from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile import duration
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("text", "nanoseconds", "shown"),
    [
        ("0", 0, "0s"),
        ("1ns", 1, "1ns"),
        ("1500us", 1_500_000, "1.5ms"),
        ("2µs", 2_000, "2µs"),
        ("1.5s", 1_500_000_000, "1.5s"),
        (".5s", 500_000_000, "500ms"),
        ("90s", 90_000_000_000, "1m30s"),
        ("1h", 3_600_000_000_000, "1h0m0s"),
        ("1h0.5m", 3_630_000_000_000, "1h0m30s"),
        ("-2s", -2_000_000_000, "-2s"),
        ("+2s", 2_000_000_000, "2s"),
    ],
)
def test_as_go_reads_and_writes_it(text: str, nanoseconds: int, shown: str) -> None:
    assert duration.parse(text) == nanoseconds
    assert duration.show(nanoseconds) == shown


@pytest.mark.parametrize("text", ["", "5", "s", "1x", "1s ", "1 s", "--1s", "1.2.3s", "9" * 30 + "h"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(Invalid):
        duration.parse(text)


@given(st.integers(min_value=-(1 << 62), max_value=1 << 62))
def test_what_is_shown_reads_back(nanoseconds: int) -> None:
    assert duration.parse(duration.show(nanoseconds)) == nanoseconds
