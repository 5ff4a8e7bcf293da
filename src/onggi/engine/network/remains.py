"""What a container has outside its folder, when those who should have undone it at its end were killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onggi.container.home import NETNS
from onggi.engine.network import companions, publishing
from onggi.linux import lifeline, netns

if TYPE_CHECKING:
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow


def remove(house: Household, row: ContainerRow) -> bool:
    """Nothing of its network is left. It does not run. False if there was nothing."""
    for companion in companions.ALL:
        lifeline.await_end(str(house.home(row)), companion)
    path = house.home(row) / NETNS
    has_namespace = path.exists()
    if has_namespace:
        netns.remove(str(path))
    return publishing.forget(house, row) or has_namespace
