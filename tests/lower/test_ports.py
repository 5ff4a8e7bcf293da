from __future__ import annotations

import pytest

from onggi.errors import Invalid
from onggi.lower import ports


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("80", ["80/tcp"]),
        ("127.0.0.1:8080:80", ["80/tcp"]),
        ("[::1]:8080:80/udp", ["80/udp"]),
    ],
)
def test_what_stands_before_a_colon_is_passed_over(text: str, found: list[str]) -> None:
    assert ports.parse(text) == found


@pytest.mark.parametrize("text", ["", "80:", "80:http", "80/tcp:90"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(Invalid):
        ports.parse(text)
