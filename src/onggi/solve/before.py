"""What a build is held against to say why its steps ran."""

from __future__ import annotations

import msgspec

from onggi.solve.ports import Inventories
from onggi.solve.record import VertexRecord


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """The build that this one is held against: its records, none if there was none. inventories: of the files that
    both took. arguments: the names that ARG declares in this Dockerfile."""

    records: tuple[VertexRecord, ...] = ()
    inventories: Inventories | None = None
    arguments: frozenset[str] = frozenset()


NOTHING = Before()
