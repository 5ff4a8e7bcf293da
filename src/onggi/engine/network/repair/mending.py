"""`network mend`, which monitors call: companions that were killed while their containers run have successors.

Whoever is called mends all of the store: if the resolver is killed every monitor notices, and one of them is enough.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from onggi.engine.network.connection.companions import NAMES, PORTS
from onggi.engine.network.connection.connection import Connection, lives
from onggi.engine.network.connection.namespace import namespace
from onggi.engine.network.connection.uplink import connection_of
from onggi.errors import OnggiError
from onggi.linux import lifeline

if TYPE_CHECKING:
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow


def mend(house: Household, lock: int = -1) -> None:
    """`lock`: the descriptor that holds the lock for it already, which a monitor has taken."""
    failures: list[OnggiError | OSError] = []
    with house.networks.mending(lock):
        for row in lacking(house):
            try:
                _mend(house, row)
            except (OnggiError, OSError) as error:  # of one, which is not to keep the others waiting
                failures.append(error)
    if failures:
        raise failures[0]


def lacking(house: Household) -> list[ContainerRow]:
    """The containers that run without a companion that they need."""
    attached = [row for row in house.store.containers.list() if row.spec.networking.is_attached]
    return [row for row in attached if house.is_running(row) and _lacking(house, row, connection_of(house, row))]


def _lacking(house: Household, row: ContainerRow, connection: Connection) -> list[str]:
    return [name for name in connection.companions if not lifeline.lives(str(house.home(row)), name)]


def _mend(house: Household, row: ContainerRow) -> None:
    with house.store.containers.lock(row.id):
        if not house.is_running(row):
            return
        connection = connection_of(house, row)
        wanted = _lacking(house, row, connection)
        with lives(str(house.home(row)), wanted), namespace(house, row) as found, ExitStack() as undo:
            if PORTS in wanted:
                connection.take(house.state(row).ports, undo)
            connection.mend_link(wanted, found, undo)
            if NAMES in wanted:
                connection.serve(found, undo)
            connection.settle()
            undo.pop_all()
        connection.finish()
