"""What a container has outside its folder, when those who should have undone it at its end were killed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from onggi.container.home import NETNS
from onggi.container.network.plan import outer_link
from onggi.engine.network.connection import companions, publishing
from onggi.errors import NotFound
from onggi.linux import lifeline, netns
from onggi.linux.netlink import Netlink, links

if TYPE_CHECKING:
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow


def are_left(house: Household, row: ContainerRow) -> bool:
    """By a container that does not run."""
    return (house.home(row) / NETNS).exists() or publishing.is_noted(house, row)


def remove(house: Household, row: ContainerRow) -> None:
    """Nothing of its network is left. It does not run."""
    for companion in companions.ALL:
        lifeline.await_end(str(house.home(row)), companion)
    if are_left(house, row):
        netns.remove(str(house.home(row) / NETNS))
        publishing.forget(house, row)


def remove_all(house: Household, row: ContainerRow) -> None:
    """The same, and its links too, which else the kernel removes a while after its network namespace."""
    remove(house, row)
    endpoints = house.networks.endpoints(row.id)
    publishing.clear(house, row, endpoints)
    with Netlink() as netlink:
        for endpoint in endpoints:
            with suppress(NotFound):
                links.delete(netlink, outer_link(endpoint))
