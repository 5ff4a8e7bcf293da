"""What the steps of one build take from their inputs, kept so that `explain` can name the files that changed."""

from __future__ import annotations

from collections.abc import Iterable

from onggi.oci.digest import Digest
from onggi.solve.inventory import Entry
from onggi.solve.record import VertexRecord
from onggi.store.inventories import Inventories


class Ledger:
    """Keeps nothing until it is opened for a build: one that is only foreseen leaves nothing behind."""

    def __init__(self, inventories: Inventories) -> None:
        self._inventories = inventories
        self._build = ""
        self._previous = ""

    def open(self, build: str, previous: str) -> None:
        """`previous` is the build of the same project before this one, if any: what it has is not written again."""
        self._build, self._previous = build, previous

    def enter(self, selection: Digest, entries: Iterable[Entry]) -> None:
        """`entries` are what `selection` stands for, asked for only if nobody has them."""
        builds = filter(None, (self._build, self._previous))
        if self._build and not any(self._inventories.has(build, selection) for build in builds):
            self._inventories.put(self._build, selection, entries)

    def close(self, records: Iterable[VertexRecord]) -> None:
        """At the build's end: take along what its records name and the build before has."""
        if self._previous:
            named = {selection for record in records for selection in record.taken()}
            self._inventories.carry(self._previous, self._build, named)
