"""Whether a subnet is somebody else's by now."""

from __future__ import annotations

import pytest

from onggi.container.network.network import Subnet
from onggi.container.network.rivalry import Way, rival

OURS = Subnet("172.17.0.0/16", is_ours=True)
THEIRS = Subnet("10.88.0.0/16")
SIX = Subnet("fd00:88::/64")


@pytest.mark.parametrize(
    ("subnet", "destination", "is_taken"),
    [
        (OURS, "172.17.0.0/16", True),
        (OURS, "172.17.9.0/24", True),
        (OURS, "172.16.0.0/12", True),
        (OURS, "172.18.0.0/16", False),
        (OURS, "0.0.0.0/0", False),
        (THEIRS, "10.88.0.0/16", True),
        (THEIRS, "10.88.9.9/32", True),
        (THEIRS, "10.0.0.0/8", False),
        (SIX, "fd00:88::/64", True),
        (SIX, "fd00::/16", False),
        (SIX, "::/0", False),
        (SIX, "10.88.0.0/16", False),
    ],
)
def test_who_else_has_it(subnet: Subnet, destination: str, is_taken: bool) -> None:
    way = Way(destination, "eth0")
    assert rival([subnet], [way]) == ((subnet, way) if is_taken else None)


def test_the_first_of_several() -> None:
    ways = [Way("10.88.5.0/24", "one0"), Way("fd00:88::/64", "two0")]
    assert rival([SIX, THEIRS], ways) == (SIX, ways[1])
    assert rival([], ways) is rival([SIX], []) is None


@pytest.mark.parametrize("subnet", ["10.99.0.0/25", "10.99.0.128/25", "10.99.0.0/24", "10.0.0.0/8"])
def test_neighbours_of_a_link_are_not_cut_off(subnet: str) -> None:
    way = Way("10.99.0.0/24", "eth0", is_own=True)
    assert rival([Subnet(subnet)], [way]) == (Subnet(subnet), way)
    assert rival([Subnet("10.99.1.0/25")], [way]) is None
