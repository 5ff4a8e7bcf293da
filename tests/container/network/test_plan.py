"""What is done so that a container is on its networks."""

from __future__ import annotations

from hashlib import sha256

import pytest

from onggi.container.network.attachment import Endpoint
from onggi.container.network.plan import outer_link

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
