"""What a use case needs to talk to registries: the settings of registries, read, and a driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import asdict

from onggi.engine.registry.known_logins import known_logins
from onggi.fetch.network import Network
from onggi.oci.reference import Reference
from onggi.registry.driver import Driver
from onggi.registry.place import Place
from onggi.registry.settings import file
from onggi.registry.settings import places as placing
from onggi.registry.settings.certificates import tls_of
from onggi.registry.settings.table import Table
from onggi.settings import Settings
from onggi.solve.ports import Cancel


class Wire:
    """Registries as this machine's settings have them. Flows are run by `driver`."""

    def __init__(self, driver: Driver, table: Table) -> None:
        self.driver = driver
        self.table = table

    def places(self, reference: Reference) -> tuple[Place, ...]:
        """Where a reference is asked for, in this order. Raises Denied where the settings block it."""
        return placing.places(reference, self.table)

    def home(self, reference: Reference) -> Place:
        """Where it is pushed to. Raises Denied where the settings block it."""
        return placing.home(reference, self.table)


@contextmanager
def open_wire(settings: Settings, cancel: Cancel | None = None) -> Iterator[Wire]:
    """Until the end of the block; setting `cancel` ends whatever waits. Raises what is wrong with the settings."""
    table = file.read(settings.registries)
    network = Network(proxies=settings.proxies, certificates=settings.host_ca, **asdict(table.patience))
    tls = tls_of(table, settings.certificates, settings.host_ca)
    with Driver(network, known_logins(settings), tls, cancel or Cancel()) as driver:
        yield Wire(driver, table)
