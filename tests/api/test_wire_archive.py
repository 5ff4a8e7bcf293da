"""What is at a path, as a header."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest

from onggi.api.wire.archive import header
from onggi.engine.types import PathStat


@pytest.mark.parametrize(
    ("nanoseconds", "said"),
    [
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (2**62 * 1000, "9999-12-31T23:59:59.999999999Z"),
        (-(2**62) * 1000, "0001-01-01T00:00:00Z"),
    ],
)
def test_a_file_of_any_time(nanoseconds: int, said: str) -> None:
    found = PathStat(name="a", size=0, mode=0o100644, mtime_ns=nanoseconds, link_target="")
    assert json.loads(b64decode(header(found)))["mtime"] == said
