"""What the steps of builds took goes with the last record that names it."""

from __future__ import annotations

import stat

from onggi.oci import digest
from onggi.solve.inventory import Entry
from onggi.store.store import Store

SELECTION, OTHER = digest.of(b"selection"), digest.of(b"other")
ENTRIES = (
    Entry("src/a", stat.S_IFREG | 0o644, 0, 0, size=3, content=digest.of(b"abc")),
    Entry("src/옹기", stat.S_IFLNK | 0o777, 7, 8, link="a"),
)


def test_an_inventory_is_there_as_long_as_a_record_that_names_it(store: Store) -> None:
    first, second = (store.records.begin("/src", "Dockerfile", "", started=float(at)).id for at in range(2))
    store.inventories.put(first, SELECTION, iter(ENTRIES))
    assert store.inventories.has(first, SELECTION)
    assert not store.inventories.has(second, SELECTION)
    store.inventories.carry(first, second, [SELECTION, OTHER])
    store.inventories.carry(first, second, [SELECTION])
    store.records.remove(first)
    assert store.inventories.get(first, SELECTION) is None
    assert store.inventories.get(second, SELECTION) == ENTRIES
    assert store.inventories.get(second, OTHER) is None


def test_twenty_thousand_files_take_less_than_a_megabyte(store: Store) -> None:
    build = store.records.begin("/src", "Dockerfile", "", started=1.0).id
    entries = [
        Entry(f"src/module-{n}/index.ts", stat.S_IFREG | 0o644, 0, 0, size=n, content=digest.of(b"%d" % n))
        for n in range(20_000)
    ]
    store.inventories.put(build, SELECTION, entries)
    assert sum(path.stat().st_size for path in store.records.folder(build).iterdir()) < 10**6
    assert store.inventories.get(build, SELECTION) == tuple(entries)
