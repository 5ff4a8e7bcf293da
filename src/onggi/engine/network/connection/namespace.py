"""The network namespace of a container that runs, and descriptors of such that are closed in the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from onggi.container.home import NETNS
from onggi.errors import Conflict, NotFound
from onggi.linux import netns, presence

if TYPE_CHECKING:
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow


@contextmanager
def namespace(house: Household, row: ContainerRow) -> Iterator[int]:
    """Of its first process, or between two rounds the one that is bound. Raises Conflict if it does not run."""
    home = str(house.home(row))
    try:
        found = presence.namespace(home, "network")
    except Conflict:
        try:
            found = netns.hold(f"{home}/{NETNS}")
        except NotFound as error:
            raise Conflict(f"container {row.name} is not running") from error
    with held(found):
        yield found


@contextmanager
def held(descriptor: int) -> Iterator[int]:
    """It is closed in the end."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)
