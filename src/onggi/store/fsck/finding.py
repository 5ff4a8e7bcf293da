"""What a check works with, and what it finds."""

from __future__ import annotations

from pathlib import Path

import msgspec

from onggi.layer import removal
from onggi.store.db import Transaction
from onggi.store.store import Store


class Finding(msgspec.Struct, frozen=True):
    """`kind` is a short noun for programs, `sentence` is for people. can_repair: mending it is in our power. hint: what
    is left for the person to do."""

    kind: str
    subject: str
    sentence: str
    is_repaired: bool
    can_repair: bool = True
    hint: str = ""


class Check:
    """The store, and whether to mend."""

    def __init__(self, store: Store, repair: bool) -> None:
        self.store, self.repair = store, repair
        self.disk, self.db = store.disk, store.disk.db

    def found(self, kind: str, subject: str, sentence: str, *, can_repair: bool = True, hint: str = "") -> Finding:
        return Finding(kind, subject, sentence, self.repair and can_repair, can_repair, hint)

    def drop(self, transaction: Transaction, path: Path) -> None:
        """When mending: rename it into tmp/ now, to be unlinked after the commit."""
        if self.repair and path.exists():
            trash = self.disk.trash()
            transaction.rename(str(path), trash)
            transaction.afterwards(lambda: removal.remove(trash))
