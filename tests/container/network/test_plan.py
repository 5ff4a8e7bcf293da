"""What is done so that a container is on its networks."""

from __future__ import annotations

from hashlib import sha256

import pytest

from onggi.container.network.attachment import Endpoint
from onggi.container.network.network import Network, Subnet
from onggi.container.network.plan import Names, Route, outer_link, plan

from .goldens import PLAN_CASES, PLANS


@pytest.mark.parametrize("name", PLAN_CASES)
def test_golden(name: str) -> None:
    assert (PLANS / f"{name}.txt").read_text() == PLAN_CASES[name], "see what changed: scripts/goldens --update"


def test_every_golden_has_a_case() -> None:
    assert {path.stem for path in PLANS.iterdir()} == set(PLAN_CASES)


def test_links_have_names_of_their_own_that_the_kernel_takes() -> None:
    containers, networks = [
        [sha256(f"{kind}{number}".encode()).hexdigest() for number in range(count)]
        for kind, count in (("container", 200), ("network", 5))
    ]
    endpoints = [Endpoint(container=container, network=network) for container in containers for network in networks]
    names = {outer_link(endpoint) for endpoint in endpoints}
    assert len(names) == len(endpoints)
    assert all(len(name) <= 15 and name.startswith("ov") for name in names)


def test_the_way_out_of_one_of_several_subnets() -> None:
    """A gateway in another subnet could not be reached."""
    subnets = (Subnet("10.88.0.0/24", "10.88.0.1"), Subnet("10.89.0.0/24", "10.89.0.254"))
    shop = Network(id="1" * 64, created=0, name="shop", subnets=subnets)
    for address, gateway in (("10.88.0.7", "10.88.0.1"), ("10.89.0.7", "10.89.0.254")):
        endpoint = Endpoint(container="c" * 64, network=shop.id, ipv4=address)
        routes = [step for step in plan([shop], [endpoint], Names(host="web")).inside if isinstance(step, Route)]
        assert routes == [Route("eth0", "0.0.0.0/0", gateway)]
