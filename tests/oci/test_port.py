from __future__ import annotations

import pytest

from onggi.errors import Invalid
from onggi.oci import port


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("80", ["80/tcp"]),
        ("80/", ["80/tcp"]),
        ("53/UDP", ["53/udp"]),
        ("5000/sctp", ["5000/sctp"]),
        ("7000-7002/udp", ["7000/udp", "7001/udp", "7002/udp"]),
    ],
)
def test_parse(text: str, found: list[str]) -> None:
    assert port.parse(text) == found


@pytest.mark.parametrize(
    "text", ["", "/tcp", "http", "80/icmp", "65536", "90-80", "80-", "1-2-3", "-1", "8 0", "٨٠", "80:80"]
)
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(Invalid):
        port.parse(text)
