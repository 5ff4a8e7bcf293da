"""Threads of a process that has a store open."""

from __future__ import annotations

import os
from threading import Barrier, Thread

from onggi.store.store import Store


def _descriptors(store: Store) -> int:
    """How many of this process are of the store's database."""
    folder = "/proc/self/fd"
    found = 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{name}").startswith(f"{store.root}/onggi.db")
        except FileNotFoundError:
            pass  # it was the listing's own
    return found


def test_threads_that_have_ended_leave_no_connections(store: Store) -> None:
    """SQLite itself keeps some files for the next ones who come, as long as the database is open anywhere."""
    found = []
    for _ in range(3):
        _read_at_once(store, 4)
        found.append(_descriptors(store))
    assert found[0] == found[1] == found[2]


def _read_at_once(store: Store, count: int) -> None:
    together = Barrier(count)

    def read() -> None:
        store.containers.list()
        together.wait()

    threads = [Thread(target=read) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
