"""What the steps of one build take from their inputs, held against what those of the build before took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from onggi.dockerfile.syntax import Arg, Dockerfile
from onggi.oci.digest import Digest
from onggi.solve.before import NOTHING, Before
from onggi.solve.inventory import Entry
from onggi.solve.record import VertexRecord
from onggi.store.inventories import Inventories
from onggi.store.records import BuildRecord


class Ledger:
    """Implements solve.ports.Inventories for a build and the one of the same project before it. `build` is its ID, ""
    as long as it is not open, and of a build that is only foreseen."""

    def __init__(self, inventories: Inventories) -> None:
        self._inventories = inventories
        self.build = ""
        self._previous = ""
        self._foreseen: dict[Digest, Sequence[Entry]] = {}

    def open(self, build: str, previous: BuildRecord | None) -> None:
        """A build without an ID leaves nothing behind."""
        self.build, self._previous = build, previous.id if previous else ""

    def enter(self, selection: Digest, entries: Iterable[Entry]) -> None:
        """`entries` are what `selection` stands for. They are asked for, and written, only if nobody has them."""
        if self._is_written(selection):
            return
        if self.build:
            self._inventories.put(self.build, selection, entries)
        else:
            self._foreseen[selection] = tuple(entries)

    def close(self, records: Iterable[VertexRecord]) -> None:
        """At the build's end: take along what its records name and the build before has."""
        if self._previous:
            named = {selection for record in records for selection in record.taken()}
            self._inventories.carry(self._previous, self.build, named)

    def before(self, selection: Digest) -> Sequence[Entry] | None:
        return self._inventories.get(self._previous, selection) if self._previous else None

    def now(self, selection: Digest) -> Sequence[Entry] | None:
        if not self.build:
            return self._foreseen.get(selection) or self.before(selection)
        return self._inventories.get(self.build, selection) or self.before(selection)

    def _is_written(self, selection: Digest) -> bool:
        return any(build and self._inventories.has(build, selection) for build in (self.build, self._previous))


def against(previous: BuildRecord | None, dockerfile: Dockerfile, ledger: Ledger) -> Before:
    """What a build of `dockerfile` is held against."""
    if previous is None:
        return NOTHING
    arguments = (*dockerfile.arguments, *(each for stage in dockerfile.stages for each in stage.instructions))
    names = (definition.name.text for each in arguments if isinstance(each, Arg) for definition in each.definitions)
    return Before(records=previous.vertices, inventories=ledger, arguments=frozenset(names))
