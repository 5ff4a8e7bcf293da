"""Spans and moments as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from onggi import moments
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600),
        ("1h30m", 5400),
        ("1.5s", 1.5),
        ("300ms", 0.3),
        ("0", 0),
        ("-2h", -7200),
        (".5h", 1800),
        ("2h3", None),
    ],
)
def test_parse_duration(text: str, seconds: float | None) -> None:
    assert moments.parse_duration(text) == (None if seconds is None else pytest.approx(seconds))


def test_parse_moment() -> None:
    assert moments.parse_moment("10m", 10_000.0) == 9400
    assert moments.parse_moment("0s", 10_000.0) == 10_000
    assert moments.parse_moment("0", 10_000.0) == 0
    assert moments.parse_moment("1714557600.5", 0.0) == 1714557600.5
    assert moments.parse_moment("2024-05-01T10:00:00Z", 0.0) == 1714557600
    assert moments.parse_moment("2024-05-01", 0.0) == datetime(2024, 5, 1).timestamp()
    with pytest.raises(Invalid, match="'soon' is not a time"):
        moments.parse_moment("soon", 0.0)
