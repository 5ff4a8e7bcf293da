"""Sizes, spans and moments as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from onggi.cli import units
from onggi.errors import Invalid


def test_ago() -> None:
    assert units.ago(1000.0, 1180.5) == "3 minutes ago"


def test_go_time_and_rfc3339_are_the_same_moment() -> None:
    text = units.go_time(1714557600)
    assert datetime.strptime(text.rpartition(" ")[0], "%Y-%m-%d %H:%M:%S %z").timestamp() == 1714557600
    assert datetime.fromisoformat(units.local_rfc3339(1714557600)).timestamp() == 1714557600


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
    assert units.parse_duration(text) == (None if seconds is None else pytest.approx(seconds))


def test_parse_moment() -> None:
    assert units.parse_moment("10m", 10_000.0) == 9400
    assert units.parse_moment("0s", 10_000.0) == 10_000
    assert units.parse_moment("0", 10_000.0) == 0
    assert units.parse_moment("1714557600.5", 0.0) == 1714557600.5
    assert units.parse_moment("2024-05-01T10:00:00Z", 0.0) == 1714557600
    assert units.parse_moment("2024-05-01", 0.0) == datetime(2024, 5, 1).timestamp()
    with pytest.raises(Invalid, match="'soon' is not a time"):
        units.parse_moment("soon", 0.0)
