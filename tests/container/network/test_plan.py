"""What is done so that a container is on its networks."""

from __future__ import annotations

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
    endpoints = [
        Endpoint(container=f"{container:064x}", network=f"{network:064x}")
        for container in range(200)
        for network in range(5)
    ]
    names = {outer_link(endpoint) for endpoint in endpoints}
    assert len(names) == len(endpoints)
    assert all(len(name) <= 15 and name.startswith("ov") for name in names)
