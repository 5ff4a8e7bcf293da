"""Docker's words for sizes and spans of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.amounts import binary_size, bytes_of, human_duration, human_size, spaced_size
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("size", "digits", "text"),
    [
        (0, 4, "0B"),
        (1, 4, "1B"),
        (999, 3, "999B"),
        (1000, 4, "1kB"),
        (1024, 4, "1.024kB"),
        (1_090_000, 3, "1.09MB"),
        (4_261_550, 3, "4.26MB"),
        (187_654_321, 3, "188MB"),
        (1_000_000_000_000, 4, "1TB"),
        (999_999, 3, "1MB"),  # go-units says 1e+03kB
        (999_600, 3, "1MB"),
        (999_400, 3, "999kB"),
    ],
)
def test_human_size(size: int, digits: int, text: str) -> None:
    assert human_size(size, digits) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1KiB"),
        (1_572_864, "1.5MiB"),
        (8_147_435, "7.77MiB"),
        (25_271_533_568, "23.54GiB"),
        (1 << 60, "1024PiB"),
    ],
)
def test_binary_size(size: int, text: str) -> None:
    assert binary_size(size) == text


@given(st.integers(0, 10**24), st.integers(3, 6))
def test_human_size_is_near_the_size_and_short(size: int, digits: int) -> None:
    text = human_size(size, digits)
    amount = text.rstrip("BkMGTPEZY")
    power = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB").index(text[len(amount) :])
    assert float(amount) * 1000**power == pytest.approx(size, rel=10.0 ** (1 - digits))
    assert "e" not in amount


def test_spaced_size() -> None:
    assert spaced_size(1_900_000_000) == "1.9 GB"
    assert spaced_size(0) == "0 B"


# What go-units' own tests expect (units/duration_test.go), in seconds.
@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.45, "Less than a second"),
        (1, "1 second"),
        (45, "45 seconds"),
        (46, "46 seconds"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (90, "About a minute"),
        (120, "2 minutes"),
        (3 * 60 + 40, "3 minutes"),
        (20 * 60 + 10, "20 minutes"),
        (29 * 60 + 59, "29 minutes"),
        (40 * 60 + 10, "40 minutes"),
        (59 * 60 + 59, "59 minutes"),
        (3600, "About an hour"),
        (3600 + 29 * 60, "About an hour"),
        (3600 + 31 * 60, "2 hours"),
        (3600 + 59 * 60, "2 hours"),
        (3 * 3600 + 29 * 60, "3 hours"),
        (3 * 3600 + 31 * 60, "4 hours"),
        (24 * 3600, "24 hours"),
        (36 * 3600, "36 hours"),
        (48 * 3600, "2 days"),
        (7 * 86400, "7 days"),
        (13 * 86400 + 5 * 3600, "13 days"),
        (2 * 7 * 86400, "2 weeks"),
        (2 * 7 * 86400 + 4 * 86400, "2 weeks"),
        (2 * 30 * 86400, "2 months"),
        (23 * 30 * 86400, "23 months"),
        (24 * 30 * 86400, "24 months"),
        (2 * 365 * 86400, "2 years"),
        (2 * 365 * 86400 + 90 * 86400, "2 years"),
    ],
)
def test_human_duration(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("64m", 64 << 20), ("1.5GiB", 3 << 29), ("1 kb", 1024), ("2T", 2 << 40)]
)
def test_bytes_of(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "m", "-1m", "1x", "1 2"])
def test_bytes_of_refuses(text: str) -> None:
    with pytest.raises(Invalid, match="is not a size"):
        bytes_of(text)
