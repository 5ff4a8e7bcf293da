"""Lists of manifests that are put together here and pushed later: what `onggi manifest create` makes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from onggi.decoders import decoder
from onggi.errors import Conflict, NotFound
from onggi.oci.digest import Digest
from onggi.oci.manifest_list import ListPlatform
from onggi.oci.reference import Reference
from onggi.store.db import Transaction
from onggi.store.disk import Disk


class ListEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One manifest of a list, byte for byte, and what it is for. `name` is what it was named by, in full. `image`: the
    ID of the store's image whose manifest this is, "" where a registry has it; what a registry will have of an image
    of the store is known when it is pushed."""

    name: str
    media_type: str
    raw: bytes
    platform: ListPlatform
    image: Digest = ""


class ManifestLists:
    """The lists of one store, by their names. One without entries is none."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def get(self, name: Reference) -> tuple[ListEntry, ...]:
        """The entries in their order; none where there is no such list."""
        rows = self._disk.db.all("SELECT entry FROM manifest_lists WHERE list = ? ORDER BY position", (str(name),))
        return tuple(decoder(ListEntry).decode(entry) for (entry,) in rows)

    def create(self, name: Reference, entries: Iterable[ListEntry]) -> None:
        """A new list. Raises Conflict where there is one."""
        with self._disk.db.write(f"storing the manifest list {name}") as transaction:
            if transaction.execute("SELECT 1 FROM manifest_lists WHERE list = ?", (str(name),)).fetchone():
                raise amending(name)
            _put(transaction, name, entries)

    def put(self, name: Reference, entries: Iterable[ListEntry]) -> None:
        """Into a list, which may be a new one: entries that it has by these names are replaced, where they are; others
        come last."""
        with self._disk.db.write(f"storing the manifest list {name}") as transaction:
            _put(transaction, name, entries)

    def remove(self, name: Reference) -> None:
        """Raises NotFound."""
        with self._disk.db.write(f"removing the manifest list {name}") as transaction:
            rows = transaction.execute("DELETE FROM manifest_lists WHERE list = ? RETURNING 1", (str(name),))
            if not rows.fetchall():
                raise NotFound(f"No such manifest: {name}")


def amending(name: Reference) -> Conflict:
    """What is raised for a list that is there and was not to be."""
    return Conflict(
        f"refusing to amend an existing manifest list with no --amend flag: {name}",
        hint=f"`onggi manifest rm {name.familiar()}` removes it",
    )


def _put(transaction: Transaction, name: Reference, entries: Iterable[ListEntry]) -> None:
    transaction.execute_many(
        "INSERT INTO manifest_lists SELECT ?1, ?2, coalesce(max(position) + 1, 0), ?3"
        " FROM manifest_lists WHERE list = ?1 ON CONFLICT (list, name) DO UPDATE SET entry = excluded.entry",
        [(str(name), each.name, msgspec.json.encode(each)) for each in entries],
    )
