from __future__ import annotations

from datetime import UTC, datetime

import pytest

from onggi.oci import timestamp


def test_moments() -> None:
    assert timestamp.parse("2024-05-01T10:00:00Z") == datetime(2024, 5, 1, 10, tzinfo=UTC).timestamp()
    assert timestamp.parse("2024-05-01T10:00:00") == datetime(2024, 5, 1, 10, tzinfo=UTC).timestamp()
    assert timestamp.parse("2024-05-01T10:00:00.123456789+09:00") == pytest.approx(1714525200.123456)


@pytest.mark.parametrize("text", ["", "0001-01-01T00:00:00Z", "yesterday"])
def test_what_says_no_moment(text: str) -> None:
    assert timestamp.parse(text) is None
