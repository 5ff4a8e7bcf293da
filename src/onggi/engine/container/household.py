"""What every verb needs: where containers are kept, who starts them, and what they do now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onggi.container.life import RUNNING
from onggi.container.state import State
from onggi.engine import events
from onggi.engine.rootfs import union
from onggi.errors import Conflict, Corrupt, NotFound
from onggi.layer.union import Union
from onggi.linux.state import read_state

if TYPE_CHECKING:
    from onggi.container.host import Host
    from onggi.linux.launch import Launcher
    from onggi.settings import Settings
    from onggi.store.containers import ContainerRow
    from onggi.store.networks import Networks
    from onggi.store.store import Store

_MOMENT = 10.0
"""Seconds in which one that has ended says so."""


@contextmanager
def named_by(option: str) -> Iterator[None]:
    """For looking up a container that an option names: one that is not there is told with it."""
    try:
        yield
    except NotFound as error:
        raise NotFound(error.message, hint=error.hint or f"{option} names it") from error


def with_damage(row: ContainerRow, state: State) -> State:
    """`state`, unless the row says that the container cannot be any more."""
    if row.damage and state.status not in RUNNING:
        return replace(state, status="dead", error=f"its spec cannot be read: {row.damage}")
    return state


class Household:
    """The containers of one store. `launcher` and `host` are asked for when something starts."""

    def __init__(
        self, store: Store, launcher: Callable[[], Launcher], host: Callable[[], Host], settings: Settings
    ) -> None:
        self.store = store
        self.launcher = launcher
        self.host = host
        self.settings = settings

    @property
    def networks(self) -> Networks:
        """The networks that they may be in."""
        from onggi.engine.network.rows import rows

        return rows(self.store)

    def row(self, name: str, *, or_damaged: bool = False) -> ContainerRow:
        """By ID, name, or the beginning of an ID. Raises NotFound with a name alike, Invalid; and Corrupt for one whose
        spec cannot be read, unless the caller can do without it."""
        row = self._row(name)
        if row.damage and not or_damaged:
            raise Corrupt(
                f"the spec of container {row.name} cannot be read: {row.damage}", hint=f"onggi rm -f {row.name}"
            )
        return row

    def _row(self, name: str) -> ContainerRow:
        try:
            return self.store.containers.get(name)
        except NotFound as error:
            from onggi.suggest import did_you_mean

            names = (row.name for row in self.store.containers.list())
            raise NotFound(f"{error.message}{did_you_mean(name, names)}", hint=error.hint) from error

    def home(self, row: ContainerRow) -> Path:
        return self.store.containers.home(row.id)

    def state(self, row: ContainerRow) -> State:
        return with_damage(row, read_state(self.home(row)))

    def is_running(self, row: ContainerRow) -> bool:
        return self.state(row).status in RUNNING

    def view(self, row: ContainerRow) -> Union:
        """Its file system as it is on disk: layers and writable layer, without what is mounted on them."""
        return union(self.store, row.layers, self.home(row) / "upper")

    def tell(self, row: ContainerRow, action: str, **attributes: str) -> None:
        """Write down what has become of it, for `onggi events`."""
        events.of_container(self.store, row).emit(action, **attributes)

    def signal(self, row: ContainerRow, number: int) -> bool:
        """False if it does not run."""
        from onggi.linux import attach  # late: whoever only looks needs none

        return self._reach(row, lambda: attach.send_signal(self.home(row), number))

    def end(self, row: ContainerRow, number: int, keeps: bool = False) -> bool:
        """Send a signal that shall end it for good; False if it does not run. `keeps`: --rm does not remove it then."""
        from onggi.linux import attach

        return self._reach(row, lambda: attach.send_stop(self.home(row), number, keeps))

    def _reach(self, row: ContainerRow, send: Callable[[], None]) -> bool:
        """`send` to its monitor; False if there is none, or none any more."""
        from onggi.linux import attach

        if not self.is_running(row):
            return False
        try:
            send()
        except Conflict:  # mostly somebody else has ended it, and its monitor is about to say so
            if attach.wait(self.home(row), _MOMENT) is None:
                raise
            return False
        return True
