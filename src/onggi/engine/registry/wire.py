"""What a use case needs to talk to registries: the settings of registries, read, and a driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import asdict, replace

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
    """Registries as this machine's settings have them. Flows are run by `driver`. is_insecure: all may be spoken to by
    HTTP."""

    def __init__(self, driver: Driver, table: Table, *, is_insecure: bool = False) -> None:
        self.driver = driver
        self.table = table
        self._is_insecure = is_insecure

    def places(self, reference: Reference) -> tuple[Place, ...]:
        """Where a reference is asked for, in this order. Raises Denied where the settings block it."""
        return tuple(map(self._place, placing.places(reference, self.table)))

    def home(self, reference: Reference) -> Place:
        """Where it is pushed to. Raises Denied where the settings block it."""
        return self._place(placing.home(reference, self.table))

    def _place(self, place: Place) -> Place:
        return replace(place, may_be_plain=True, is_verified=False) if self._is_insecure else place


@contextmanager
def open_wire(settings: Settings, cancel: Cancel | None = None, *, is_insecure: bool = False) -> Iterator[Wire]:
    """Until the end of the block; setting `cancel` ends whatever waits. is_insecure: whatever the settings say, HTTP
    may be spoken, and certificates are not looked at. Raises what is wrong with the settings."""
    table = file.read(settings.registries)
    network = Network(proxies=settings.proxies, certificates=settings.host_ca, **asdict(table.patience))
    tls = tls_of(table, settings.certificates, settings.host_ca)
    spoken = (lambda host: replace(tls(host), is_verified=False)) if is_insecure else tls
    with Driver(network, known_logins(settings), spoken, cancel or Cancel()) as driver:
        yield Wire(driver, table, is_insecure=is_insecure)
