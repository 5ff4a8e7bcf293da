"""The number by which one knows that the database says something else now."""

from __future__ import annotations

import os
import threading

from onggi.store.store import Store


def write(store: Store) -> None:
    with store.disk.db.write() as transaction:
        transaction.execute("INSERT INTO networks VALUES (?, ?, ?)", (os.urandom(4).hex(), os.urandom(4).hex(), b"{}"))


def test_it_is_another_one_after_each_change(store: Store) -> None:
    seen = [store.moment()]
    for change in (write, in_thread, elsewhere):
        change(store)
        seen.append(store.moment())
    assert len(set(seen)) == len(seen)
    store.disk.db.all("SELECT name FROM networks")
    assert store.moment() == seen[-1]


def test_it_is_told_to_whoever_asks(store: Store) -> None:
    """However many threads there are, it is one number."""
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(store.moment())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {store.moment()}


def in_thread(store: Store) -> None:
    thread = threading.Thread(target=write, args=(store,))
    thread.start()
    thread.join()


def elsewhere(store: Store) -> None:
    """By who has opened it too."""
    with Store(store.root) as other:
        write(other)
